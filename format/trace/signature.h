/*
 * Detached signatures of native traces: Ed25519 over what trace_verify found, which vouches for
 * every byte of the file.  Keys are PEM files as "openssl pkey" makes and reads them.  SPEC 3.2.
 */
#ifndef SAKER_TRACE_SIGNATURE_H
#define SAKER_TRACE_SIGNATURE_H

#include "format/base/buf.h"
#include "format/trace/verify.h"

struct signing_key;

/* Free a buffer that held a private key, and leave nothing of it in memory. */
void signing_secret_deinit(struct buf *b);

/* A new key pair: append its private and its public half as PEM. */
int signing_key_generate(struct buf *private_pem, struct buf *public_pem, struct err *err);
/* The private half, or the public one, from a PEM text.  ERR_FORMAT: it is none of Ed25519. */
int signing_key_private(struct sv pem, struct signing_key **out, struct err *err);
int signing_key_public(struct sv pem, struct signing_key **out, struct err *err);
void signing_key_free(struct signing_key *k);

/* Append the text of a signature file for a trace that is intact. */
int signature_make(const struct signing_key *private, const struct trace_verdict *v,
		   struct buf *out, struct err *err);
/*
 * Is the text the signature of this intact trace by this key?  -1: err says what is wrong: another
 * key, another trace, or not a signature.
 */
int signature_check(struct sv text, const struct signing_key *public, const struct trace_verdict *v,
		    struct err *err);

#endif
