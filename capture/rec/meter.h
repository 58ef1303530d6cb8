/*
 * What the recorder has done so far, counted by its threads and read by whoever shows it.
 */
#ifndef SAKER_REC_METER_H
#define SAKER_REC_METER_H

#include <stdatomic.h>
#include <stdint.h>

struct meter {
	_Atomic uint64_t ready;  /* stock is taken, events are followed */
	_Atomic uint64_t events; /* drained from the driver */
	_Atomic uint64_t lost;   /* events, wherever; every one of them is in the trace's ledger */
	_Atomic uint64_t bytes;  /* of trace written, all files */
	_Atomic uint64_t files;  /* begun */
	_Atomic uint64_t saved;  /* files of the flight recorder */
	_Atomic uint64_t save_failures;
	_Atomic uint64_t matches;
	_Atomic uint64_t alerts;      /* delivered */
	_Atomic uint64_t alerts_lost; /* there was no room in the queue, or no way out */
	_Atomic uint64_t waits;       /* times that the drain found no free buffer */
	_Atomic uint64_t late;        /* events behind younger ones */
	/* while the host was looked over */
	_Atomic uint64_t known; /* events that what was found tells of: not recorded */
	_Atomic uint64_t gone;  /* events of processes that ended before their turn: not recorded */
	_Atomic uint64_t incomplete; /* processes of which something could not be read */
	_Atomic uint64_t unknown;    /* sockets that no table of the kernel lists: not told */
};

static inline void meter_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t meter_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void meter_set(_Atomic uint64_t *counter, uint64_t v)
{
	atomic_store_explicit(counter, v, memory_order_relaxed);
}

#endif
