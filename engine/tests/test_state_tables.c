/* The tables that a state is made of. */
#include "engine/state/credentials.h"
#include "engine/state/fd_table.h"
#include "engine/state/id_table.h"
#include "engine/state/interfaces.h"
#include "engine/state/recent_exits.h"
#include "engine/state/thread.h"
#include "format/tests/test.h"

/* --- fds --- */

struct fds {
	struct fd_store st;
	struct fd_slot slot;
};

static int fds_setup(void **state)
{
	struct fds *x = calloc(1, sizeof *x);

	fd_store_init(&x->st);
	*state = x;
	return 0;
}

static int fds_teardown(void **state)
{
	struct fds *x = *state;

	fd_slot_clear(&x->st, &x->slot);
	fd_store_deinit(&x->st);
	free(x);
	return 0;
}

static struct fd *put(struct fds *x, int64_t num)
{
	struct fd *f = fd_new(&x->st);

	f->ino = (uint64_t)num;
	return fd_table_put(&x->st, &x->slot, num, f);
}

static void an_empty_table_has_nothing(void **state)
{
	struct fds *x = *state;
	int64_t num;

	(void)x;
	assert_null(fd_table_get(NULL, 0));
	assert_int_equal(fd_table_count(NULL), 0);
	assert_null(fd_table_next(NULL, 0, &num));
}

static void fds_are_found_and_listed_in_order(void **state)
{
	struct fds *x = *state;
	const int64_t nums[] = { 5, 0, 100000, 3, 70, 1 << 20, 4, 255, -7, 2, 1 };
	const int64_t sorted[] = { -7, 0, 1, 2, 3, 4, 5, 70, 255, 100000, 1 << 20 };
	int64_t num = INT64_MIN;

	for (size_t i = 0; i < 11; i++)
		assert_non_null(put(x, nums[i]));
	assert_int_equal(fd_table_count(x->slot.table), 11);
	for (size_t i = 0; i < 11; i++) {
		const struct fd *f = fd_table_next(x->slot.table, num, &num);

		assert_int_equal(num, sorted[i]);
		assert_int_equal(f->ino, (uint64_t)sorted[i]);
		if (num >= 0)
			assert_ptr_equal(fd_table_get(x->slot.table, num), f);
		num++;
	}
	assert_null(fd_table_next(x->slot.table, num, &num));
	/* Negative numbers count, but are not found. */
	assert_null(fd_table_get(x->slot.table, -7));
	assert_non_null(put(x, INT64_MAX - 1));
	assert_null(put(x, INT64_MAX));
	assert_non_null(put(x, INT64_MIN));
	assert_null(fd_table_get(x->slot.table, INT64_MAX));
}

static void a_table_survives_any_order_of_puts_and_removes(void **state)
{
	struct fds *x = *state;
	bool open[2000] = { false };
	uint32_t count = 0, rnd = 1;

	for (int step = 0; step < 20000; step++) {
		rnd = rnd * 1103515245u + 12345u;
		uint32_t num = rnd >> 8 & 1 ? rnd >> 16 & 31 : (rnd >> 10) % 2000;

		if (rnd >> 30 && !open[num]) {
			put(x, num);
			open[num] = true;
			count++;
		} else if (open[num]) {
			fd_table_remove(&x->st, &x->slot, num);
			open[num] = false;
			count--;
		}
		assert_int_equal(fd_table_count(x->slot.table), count);
		assert_int_equal(fd_table_get(x->slot.table, num) != NULL, open[num]);
	}
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(fd_table_get(x->slot.table, i) != NULL, open[i]);
}

static void a_full_table_counts_what_it_loses(void **state)
{
	struct fds *x = *state;

	for (int64_t i = 0; i < STATE_MAX_FDS; i++)
		assert_non_null(put(x, i * 3));
	assert_null(put(x, 1));
	assert_int_equal(x->st.lost, 1);
	/* Replacing needs no room. */
	assert_non_null(put(x, 3));
}

static void all_tables_together_have_a_limit(void **state)
{
	struct fds *x = *state;
	struct fd_slot child = { 0 };

	put(x, 1);
	fd_slot_fork(&x->st, &x->slot, &child);
	uint64_t room = x->st.room;
	x->st.room = STATE_MAX_FD_ROOM;
	/* A copy of its own would need room. */
	struct fd *f = fd_new(&x->st);
	assert_null(fd_table_put(&x->st, &child, 2, f));
	assert_null(fd_table_own(&x->st, &child, 1, fd_table_get(child.table, 1)));
	assert_int_equal(x->st.lost, 1);
	assert_false(x->st.nomem);
	x->st.room = room;
	assert_non_null(fd_table_own(&x->st, &child, 1, fd_table_get(child.table, 1)));
	fd_slot_clear(&x->st, &child);
	fd_slot_clear(&x->st, &x->slot);
	assert_int_equal(x->st.room, 0);
}

static void copies_share_until_one_changes(void **state)
{
	struct fds *x = *state;
	struct fd_slot child = { 0 };

	put(x, 1);
	put(x, 2);
	fd_slot_fork(&x->st, &x->slot, &child);
	struct fd *shared = fd_table_get(child.table, 1);
	struct fd *own = fd_table_own(&x->st, &child, 1, shared);
	assert_ptr_not_equal(own, shared);
	own->role = FD_ROLE_SERVER;
	assert_int_equal(fd_table_get(x->slot.table, 1)->role, FD_ROLE_NONE);
	assert_int_equal(fd_table_get(child.table, 1)->role, FD_ROLE_SERVER);
	assert_ptr_equal(fd_table_get(x->slot.table, 2), fd_table_get(child.table, 2));
	fd_table_remove(&x->st, &x->slot, 2);
	assert_non_null(fd_table_get(child.table, 2));
	fd_slot_clear(&x->st, &child);
	assert_int_equal(fd_table_count(x->slot.table), 1);
}

static bool is_odd(int64_t num, const struct fd *f, const void *arg)
{
	(void)f;
	(void)arg;
	return num % 2;
}

static void entries_can_be_dropped_by_a_question(void **state)
{
	struct fds *x = *state;

	for (int64_t i = -3; i < 300; i += 3)
		put(x, i * 7);
	fd_table_drop_if(&x->st, &x->slot, is_odd, NULL);
	int64_t num = INT64_MIN;
	while (fd_table_next(x->slot.table, num, &num)) {
		assert_int_equal(num % 2, 0);
		num++;
	}
}

/* The entries' numbers as listed, ended by INT64_MAX. */
static void assert_listed(const struct fd_slot *slot, const int64_t *want)
{
	struct arena a = { 0 };
	uint32_t n;
	const struct fd **list = fd_slot_list(slot, &a, &n);

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(list[i]->ino, (uint64_t)want[i]);
	assert_int_equal(want[n], INT64_MAX);
	arena_deinit(&a);
}

static void fds_are_listed_as_a_hash_table_does(void **state)
{
	struct fds *x = *state;
	struct fd_slot child = { 0 };
	const int64_t end = INT64_MAX;

	assert_listed(&x->slot, &end);
	for (int64_t i = 0; i < 4; i++)
		put(x, i);
	assert_listed(&x->slot, (const int64_t[]){ 3, 2, 1, 0, end });
	/* 15 and 2 share one of the 13 buckets. */
	put(x, 15);
	fd_table_remove(&x->st, &x->slot, 1);
	put(x, 1);
	assert_listed(&x->slot, (const int64_t[]){ 1, 3, 15, 2, 0, end });
	/* A child has them added one by one, whether or not it changes something later. */
	fd_slot_fork(&x->st, &x->slot, &child);
	assert_listed(&child, (const int64_t[]){ 0, 2, 15, 3, 1, end });
	put(x, 4);
	assert_listed(&x->slot, (const int64_t[]){ 4, 1, 3, 15, 2, 0, end });
	assert_listed(&child, (const int64_t[]){ 0, 2, 15, 3, 1, end });
	fd_table_remove(&x->st, &child, 15);
	assert_listed(&child, (const int64_t[]){ 0, 2, 3, 1, end });
	fd_slot_clear(&x->st, &child);
	/* The 14th entry: 29 buckets from now on, and all goes round. */
	for (int64_t i = 5; i < 12; i++)
		put(x, i);
	put(x, 12);
	assert_listed(&x->slot,
		      (const int64_t[]){ 12, 0, 2, 15, 3, 1, 4, 5, 6, 7, 8, 9, 10, 11, end });
}

/* --- ids --- */

static void ids_survive_any_order_of_making_and_forgetting(void **state)
{
	struct id_table t = { 0 };
	struct thread thread = { 0 };
	bool made[5000] = { false };
	uint32_t rnd = 7;

	(void)state;
	for (int step = 0; step < 50000; step++) {
		rnd = rnd * 1103515245u + 12345u;
		uint32_t i = (rnd >> 12) % 5000;
		int64_t id = (int64_t)i - 100;

		if (made[i]) {
			struct id_entry *e = id_table_find(&t, id);

			assert_non_null(e);
			assert_int_equal(e->id, id);
			e->thread = NULL;
			id_table_tidy(&t, e);
		} else {
			assert_null(id_table_find(&t, id));
			id_table_make(&t, id)->thread = &thread;
		}
		made[i] = !made[i];
	}
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(id_table_find(&t, (int64_t)i - 100) != NULL, made[i]);
	id_table_deinit(&t);
}

static void an_id_that_is_only_named_is_kept(void **state)
{
	struct id_table t = { 0 };

	(void)state;
	id_table_make(&t, 5)->named = 2;
	id_table_tidy(&t, id_table_find(&t, 5));
	assert_int_equal(id_table_find(&t, 5)->named, 2);
	id_table_tidy(&t, id_table_make(&t, 6));
	assert_null(id_table_find(&t, 6));
	id_table_deinit(&t);
}

/* --- users --- */

static void credentials_are_found_until_they_are_removed(void **state)
{
	struct credentials c = { 0 };

	(void)state;
	assert_null(credentials_find(&c, 0));
	assert_false(credentials_remove(&c, 0));
	for (uint32_t i = 0; i < 3000; i++)
		credentials_make(&c, i * 17)->user.uid = i;
	for (uint32_t i = 0; i < 3000; i += 2)
		assert_true(credentials_remove(&c, i * 17));
	for (uint32_t i = 0; i < 3000; i++) {
		const struct credential *e = credentials_find(&c, i * 17);

		assert_int_equal(e != NULL, i % 2);
		if (e)
			assert_int_equal(e->user.uid, i);
	}
	assert_int_equal(c.n, 1500);
	credentials_deinit(&c);
}

/* --- exits --- */

static void exits_are_remembered_for_two_seconds(void **state)
{
	struct recent_exits *r = calloc(1, sizeof *r);

	(void)state;
	recent_exits_add(r, 10, 1, 5000000000);
	assert_true(recent_exits_has(r, 10, 1, 5000000000));
	assert_true(recent_exits_has(r, 10, 1, 6999999999));
	assert_false(recent_exits_has(r, 10, 1, 7000000000));
	assert_false(recent_exits_has(r, 10, 1, 4999999999));
	assert_false(recent_exits_has(r, 10, 2, 5000000000));
	assert_false(recent_exits_has(r, 11, 1, 5000000000));
	/* The oldest make room. */
	for (int64_t i = 0; i < RECENT_EXITS; i++)
		recent_exits_add(r, 1000 + i, 1, 5000000000);
	assert_false(recent_exits_has(r, 10, 1, 5000000000));
	for (int64_t i = 0; i < RECENT_EXITS; i++)
		assert_true(recent_exits_has(r, 1000 + i, 1, 5000000000));
	free(r);
}

/* --- interfaces --- */

static void add_iface(struct interfaces *ifs, const char *addr, const char *mask)
{
	struct iface_entry e = { 0 };

	assert_true(ip_parse(sv_of(addr), &e.addr));
	if (mask)
		assert_true(ip_parse(sv_of(mask), &e.netmask));
	assert_int_equal(interfaces_add(ifs, &e), 0);
}

static void a_missing_end_is_completed_from_the_interfaces(void **state)
{
	struct interfaces ifs = { 0 };
	struct fd f = { .type = FD_IPV4_SOCK };

	(void)state;
	add_iface(&ifs, "127.0.0.1", "255.0.0.0");
	add_iface(&ifs, "192.168.1.5", "255.255.255.0");
	add_iface(&ifs, "10.0.0.5", "255.0.0.0");
	f.sock.v4.sport = 1;
	memcpy(f.sock.v4.dip, "\x0a\x09\x09\x09", 4);
	interfaces_complete(&ifs, &f);
	assert_memory_equal(f.sock.v4.sip, "\x0a\x00\x00\x05", 4);
	/* Nothing near: the first that is not the loopback. */
	memset(f.sock.v4.sip, 0, 4);
	memcpy(f.sock.v4.dip, "\x08\x08\x08\x08", 4);
	interfaces_complete(&ifs, &f);
	assert_memory_equal(f.sock.v4.sip, "\xc0\xa8\x01\x05", 4);
	/* Never a connection with itself. */
	memset(f.sock.v4.sip, 0, 4);
	memcpy(f.sock.v4.dip, "\x7f\x00\x00\x01", 4);
	f.sock.v4.dport = 1;
	interfaces_complete(&ifs, &f);
	assert_memory_equal(f.sock.v4.sip, "\0\0\0\0", 4);
	interfaces_deinit(&ifs);
}

static void ipv6_addresses_are_local_by_their_first_64_bits(void **state)
{
	struct interfaces ifs = { 0 };
	struct ip ip;

	(void)state;
	add_iface(&ifs, "2001:db8:1:2::5", NULL);
	ip_parse(SV("2001:db8:1:2::99"), &ip);
	assert_true(interfaces_have_v6_net(&ifs, &ip));
	ip_parse(SV("2001:db8:1:3::5"), &ip);
	assert_false(interfaces_have_v6_net(&ifs, &ip));
	interfaces_deinit(&ifs);
}

#define FDS_TEST(f) cmocka_unit_test_setup_teardown(f, fds_setup, fds_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FDS_TEST(an_empty_table_has_nothing),
		FDS_TEST(fds_are_found_and_listed_in_order),
		FDS_TEST(a_table_survives_any_order_of_puts_and_removes),
		FDS_TEST(a_full_table_counts_what_it_loses),
		FDS_TEST(all_tables_together_have_a_limit),
		FDS_TEST(copies_share_until_one_changes),
		FDS_TEST(entries_can_be_dropped_by_a_question),
		FDS_TEST(fds_are_listed_as_a_hash_table_does),
		cmocka_unit_test(ids_survive_any_order_of_making_and_forgetting),
		cmocka_unit_test(an_id_that_is_only_named_is_kept),
		cmocka_unit_test(credentials_are_found_until_they_are_removed),
		cmocka_unit_test(exits_are_remembered_for_two_seconds),
		cmocka_unit_test(a_missing_end_is_completed_from_the_interfaces),
		cmocka_unit_test(ipv6_addresses_are_local_by_their_first_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
