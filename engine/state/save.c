/* A state as a whole, into a snapshot and out of it. */
#include "engine/state/save.h"

#include "engine/state/load.h"
#include "engine/state/thread_table.h"

/* Layout of the rows: a reader refuses any other. */
enum { STATE_LAYOUT = 1 };

/* --- the state's own members --- */

static const struct member state_members[] = {
	MEMBER(M_U32, state, section),
	MEMBER(M_U64, state, now.base_ts_ns),
	MEMBER(M_U64, state, losses.threads),
	MEMBER(M_U64, state, losses.fds),
	MEMBER(M_U64, state, losses.containers),
	MEMBER(M_U64, state, losses.users),
	MEMBER(M_U32, state, machine.num_cpus),
	MEMBER(M_U64, state, machine.memory_bytes),
	MEMBER(M_U64, state, machine.max_pid),
	MEMBER(M_U64, state, machine.boot_ts_ns),
	MEMBER(M_U64, state, machine.flags),
	MEMBER(M_U64, state, machine.reserved[0]),
	MEMBER(M_U64, state, machine.reserved[1]),
};

static const struct member tables_members[] = {
	MEMBER(M_TEXT, state_tables, hostname),      MEMBER(M_U64, state_tables, boot_ts_ns),
	MEMBER(M_BOOL, state_tables, settled),       MEMBER(M_BOOL, state_tables, enter_valid),
	MEMBER(M_BOOL, state_tables, exit_pending),  MEMBER(M_I64, state_tables, exit_tid),
	MEMBER(M_BOOL, state_tables, close_pending), MEMBER(M_I64, state_tables, close_tid),
	MEMBER(M_I64, state_tables, close_fd),       MEMBER(M_U64, state_tables, last_ts_ns),
};

void save_scalars(struct saver *sv)
{
	void *state = (void *)sv->s, *tables = sv->s->tables;

	save_members(sv, MEMBERS_OF(state_members), &(struct objects){ &state, 1, 1 });
	save_members(sv, MEMBERS_OF(tables_members), &(struct objects){ &tables, 1, 1 });
}

void load_scalars(struct loader *ld)
{
	struct state *s = ld->s;
	void *state = s, *tables = s->tables;

	load_members(ld, MEMBERS_OF(state_members), &(struct objects){ &state, 1, 1 });
	load_members(ld, MEMBERS_OF(tables_members), &(struct objects){ &tables, 1, 1 });
	s->machine.hostname = text_sv(s->tables->hostname);
	s->tables->fds.lost = s->losses.fds;
}

/* --- save --- */

void state_save(const struct state *s, struct snapshot *out)
{
	struct saver sv = { .s = s, .out = out };

	snapshot_begin(out, SNAPSHOT_STATE);
	snapshot_put(out, STATE_LAYOUT);
	struct thread **threads = state_threads(s);
	if (!threads) {
		snapshot_no_memory(out);
		return;
	}
	sv.threads =
		(struct objects){ (void **)threads, (uint32_t)s->nthreads, (uint32_t)s->nthreads };
	save_scalars(&sv);
	save_host(&sv);
	save_containers(&sv);
	save_fds(&sv);
	save_threads(&sv);
	free(sv.threads.list);
	free(sv.groups.list);
	free(sv.tables.list);
	free(sv.fds.list);
}

/* --- load --- */

static int loader_init(struct loader *ld, const struct snapshot_view *from, struct err *err)
{
	if (snapshot_reader_init(&ld->r, from, err) < 0)
		return -1;
	snapshot_reader_begin(&ld->r, from, SNAPSHOT_STATE);
	ld->texts = calloc(ld->r.ntexts + 1, sizeof(struct text *));
	ld->blobs = calloc(ld->r.nblobs + 1, sizeof(struct text *));
	if (!ld->texts || !ld->blobs)
		return err_set(err, ERR_NOMEM, "no memory for the state");
	return 0;
}

static void loader_deinit(struct loader *ld)
{
	for (uint32_t i = 0; ld->texts && i < ld->r.ntexts; i++)
		text_unref(ld->texts[i]);
	for (uint32_t i = 0; ld->blobs && i < ld->r.nblobs; i++)
		text_unref(ld->blobs[i]);
	free(ld->texts);
	free(ld->blobs);
	/* The state has references of its own to what it took. */
	for (uint32_t i = 0; i < ld->tables.n; i++)
		fd_table_unref(&ld->s->tables->fds, ld->tables.list[i]);
	for (uint32_t i = 0; i < ld->fds.n; i++)
		fd_unref(&ld->s->tables->fds, ld->fds.list[i]);
	free(ld->threads.list);
	free(ld->groups.list);
	free(ld->tables.list);
	free(ld->fds.list);
	snapshot_reader_deinit(&ld->r);
}

/* As a state that no record was put into. */
static int empty(struct state *s)
{
	struct state_tables *tb = s->tables;
	struct container_list *containers = container_list_new();

	if (!containers)
		return -1;
	state_begin_section(s);
	container_list_free(tb->containers);
	tb->containers = containers;
	credentials_deinit(&tb->users);
	credentials_deinit(&tb->groups);
	text_set(&tb->hostname, NULL);
	memset(tb->server_ports, 0, sizeof tb->server_ports);
	s->machine = (struct machine_info){ 0 };
	s->losses = (struct state_losses){ 0 };
	tb->fds.lost = 0;
	tb->last_ts_ns = 0;
	tb->enter_valid = false;
	tb->exit_tid = tb->close_tid = tb->close_fd = 0;
	s->section = 0;
	return 0;
}

int state_load(struct state *s, const struct snapshot_view *from, struct err *err)
{
	struct loader ld = { .s = s };

	s->tables->nomem = s->tables->fds.nomem = false;
	if (empty(s) < 0)
		return err_set(err, ERR_NOMEM, "no memory for the state");
	int rc = loader_init(&ld, from, err);
	if (rc == 0) {
		if (snapshot_take(&ld.r) != STATE_LAYOUT)
			snapshot_damaged(&ld.r, "its layout is of a later version");
		load_scalars(&ld);
		load_host(&ld);
		load_containers(&ld);
		load_fds(&ld);
		load_threads(&ld);
		s->tree_version++;
		if (s->tables->nomem || s->tables->fds.nomem)
			rc = err_set(err, ERR_NOMEM, "no memory for the state");
		else
			rc = snapshot_reader_finish(&ld.r, err);
	}
	loader_deinit(&ld);
	if (rc < 0)
		empty(s);
	return rc;
}
