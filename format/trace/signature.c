#include "format/trace/signature.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

enum { SIGNATURE_SIZE = 64, TEXT_MAX = 4096, PEM_MAX = 1 << 16 };

struct signing_key {
	EVP_PKEY *pkey;
	char id[2 * FRAME_HASH_SIZE + 1]; /* SHA-256 of the public key's DER form */
};

static int crypto_failed(struct err *err, const char *what)
{
	return err_set(err, ERR_UNSUPPORTED, "%s failed in libcrypto", what);
}

static void put_hex(struct buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%02x", p[i]);
}

/* --- keys --- */

void signing_key_free(struct signing_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

void signing_secret_deinit(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_deinit(b);
}

/* What was written to a memory BIO, appended. */
static void put_bio(struct buf *out, BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	buf_put(out, p, n > 0 ? (size_t)n : 0);
}

int signing_key_generate(struct buf *private_pem, struct buf *public_pem, struct err *err)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *secret = BIO_new(BIO_s_secmem()), *open = BIO_new(BIO_s_mem());
	int rc = -1;

	if (!pkey || !secret || !open ||
	    PEM_write_bio_PrivateKey(secret, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_PUBKEY(open, pkey) != 1) {
		crypto_failed(err, "making a key");
	} else {
		put_bio(private_pem, secret);
		put_bio(public_pem, open);
		rc = private_pem->failed || public_pem->failed
			     ? err_set(err, ERR_NOMEM, "no memory for a key")
			     : 0;
	}
	EVP_PKEY_free(pkey);
	BIO_free(secret);
	BIO_free(open);
	return rc;
}

/* Name the key by its public half; that is the same for both. */
static int take_id(struct signing_key *k)
{
	unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
	int n = i2d_PUBKEY(k->pkey, &der);
	unsigned hash_n = 0;
	struct buf hex = { 0 };

	if (n <= 0 || EVP_Digest(der, (size_t)n, hash, &hash_n, EVP_sha256(), NULL) != 1)
		hash_n = 0;
	OPENSSL_free(der);
	put_hex(&hex, hash, hash_n);
	snprintf(k->id, sizeof k->id, "%s", buf_cstr(&hex));
	buf_deinit(&hex);
	return hash_n == FRAME_HASH_SIZE ? 0 : -1;
}

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static int read_key(struct sv pem, bool private, struct signing_key **out, struct err *err)
{
	struct signing_key *k = calloc(1, sizeof *k);
	BIO *bio = pem.n && pem.n <= PEM_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;

	*out = NULL;
	if (bio && k)
		k->pkey = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
				  : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (!k)
		return err_set(err, ERR_NOMEM, "no memory for a key");
	if (!k->pkey || EVP_PKEY_get_base_id(k->pkey) != EVP_PKEY_ED25519) {
		signing_key_free(k);
		return err_set(err, ERR_FORMAT,
			       "not %s Ed25519 key in PEM form, without passphrase",
			       private ? "a private" : "a public");
	}
	if (take_id(k) < 0) {
		signing_key_free(k);
		return crypto_failed(err, "naming a key");
	}
	*out = k;
	return 0;
}

int signing_key_private(struct sv pem, struct signing_key **out, struct err *err)
{
	return read_key(pem, true, out, err);
}

int signing_key_public(struct sv pem, struct signing_key **out, struct err *err)
{
	return read_key(pem, false, out, err);
}

/* --- signatures --- */

/* The lines that are signed: whoever checks makes them anew from what he sees and trusts. */
static void put_message(struct buf *b, const struct signing_key *k, const struct trace_verdict *v)
{
	buf_printf(b,
		   "saker trace signature 1\nbytes %" PRIu64 "\nframes %" PRIu64 "\nevents %" PRIu64
		   "\nchain ",
		   v->valid_bytes, v->frames, v->events);
	put_hex(b, v->chain, sizeof v->chain);
	buf_printf(b, "\nkey %s\n", k->id);
}

int signature_make(const struct signing_key *private, const struct trace_verdict *v,
		   struct buf *out, struct err *err)
{
	unsigned char signature[SIGNATURE_SIZE];
	size_t n = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf message = { 0 };
	int rc = -1;

	put_message(&message, private, v);
	if (message.failed)
		err_set(err, ERR_NOMEM, "no memory for a signature");
	else if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, private->pkey) != 1 ||
		 EVP_DigestSign(ctx, signature, &n, (unsigned char *)message.p, message.n) != 1 ||
		 n != sizeof signature)
		crypto_failed(err, "signing");
	else
		rc = 0;
	if (rc == 0) {
		buf_putsv(out, buf_sv(&message));
		buf_puts(out, "signature ");
		put_hex(out, signature, sizeof signature);
		buf_putc(out, '\n');
		if (out->failed)
			rc = err_set(err, ERR_NOMEM, "no memory for a signature");
	}
	EVP_MD_CTX_free(ctx);
	buf_deinit(&message);
	return rc;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The last line: the signature itself.  *in becomes the lines before it. */
static bool take_signature(struct sv *in, unsigned char out[static SIGNATURE_SIZE])
{
	static const char label[] = "\nsignature ";
	size_t line = sizeof label - 1 + 2 * SIGNATURE_SIZE + 1;

	if (in->n < line || in->n > TEXT_MAX || in->p[in->n - 1] != '\n')
		return false;
	const char *p = in->p + in->n - line;

	if (memcmp(p, label, sizeof label - 1) != 0)
		return false;
	p += sizeof label - 1;
	for (size_t i = 0; i < SIGNATURE_SIZE; i++) {
		int high = digit(p[2 * i]), low = digit(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	in->n -= line - 1;
	return true;
}

static bool has_line(struct sv text, const char *label, struct sv value)
{
	struct buf line = { 0 };

	buf_printf(&line, "\n%s " SV_FMT "\n", label, SV_ARG(value));
	bool has = !line.failed && sv_find(text, buf_sv(&line)) >= 0;
	buf_deinit(&line);
	return has;
}

int signature_check(struct sv text, const struct signing_key *public, const struct trace_verdict *v,
		    struct err *err)
{
	unsigned char signature[SIGNATURE_SIZE];
	struct buf message = { 0 };
	EVP_MD_CTX *ctx = NULL;
	int rc = -1;

	put_message(&message, public, v);
	if (message.failed)
		err_set(err, ERR_NOMEM, "no memory for a signature");
	else if (!take_signature(&text, signature))
		err_set(err, ERR_FORMAT, "not a signature of a trace");
	else if (!has_line(text, "key", sv_of(public->id)))
		err_set(err, ERR_CHECK, "made with another key");
	else if (!sv_eq(text, buf_sv(&message)))
		err_set(err, ERR_CHECK, "the signature of another trace");
	else if (!(ctx = EVP_MD_CTX_new()) ||
		 EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public->pkey) != 1)
		crypto_failed(err, "checking a signature");
	else if (EVP_DigestVerify(ctx, signature, sizeof signature, (unsigned char *)message.p,
				  message.n) != 1)
		err_set(err, ERR_CHECK, "the signature is forged or damaged");
	else
		rc = 0;
	EVP_MD_CTX_free(ctx);
	buf_deinit(&message);
	return rc;
}
