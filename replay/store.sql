-- The match store: what replays found, and in which processes they found it.
--
-- Times end in _ns and are nanoseconds since the epoch, UTC.  Everything below a run belongs to
-- that run alone: the same trace replayed with the same rules and options replaces it.  Text comes
-- from traces of compromised hosts: it is valid UTF-8 (wrong bytes became U+FFFD) and nothing more.

-- A recording, known by its content.
CREATE TABLE traces (
	id         INTEGER PRIMARY KEY,
	sha256     TEXT NOT NULL UNIQUE, -- of the file as it lies on disk, hexadecimal
	path       TEXT NOT NULL,        -- absolute, where it was last replayed from
	size       INTEGER NOT NULL,     -- bytes
	hostname   TEXT,                 -- NULL: the trace does not tell
	cpus       INTEGER,
	boot_ns    INTEGER
);

-- Rule files, loaded together in one order.
CREATE TABLE rulesets (
	id         INTEGER PRIMARY KEY,
	sha256     TEXT NOT NULL UNIQUE  -- of the sha256 of each file, in load order
);
CREATE TABLE rule_files (
	ruleset_id INTEGER NOT NULL REFERENCES rulesets(id),
	position   INTEGER NOT NULL,     -- load order, from 1
	path       TEXT NOT NULL,
	sha256     TEXT NOT NULL,
	PRIMARY KEY (ruleset_id, position)
) WITHOUT ROWID;

CREATE TABLE priorities (
	id         INTEGER PRIMARY KEY,  -- 0 is the most urgent
	name       TEXT NOT NULL UNIQUE
);
INSERT INTO priorities VALUES (0, 'Emergency'), (1, 'Alert'), (2, 'Critical'), (3, 'Error'),
	(4, 'Warning'), (5, 'Notice'), (6, 'Informational'), (7, 'Debug');

CREATE TABLE rules (
	id          INTEGER PRIMARY KEY,
	ruleset_id  INTEGER NOT NULL REFERENCES rulesets(id),
	name        TEXT NOT NULL,
	priority    INTEGER NOT NULL REFERENCES priorities(id),
	source      TEXT NOT NULL,       -- event source: 'syscall'
	description TEXT NOT NULL,
	condition   TEXT NOT NULL,       -- after appends and overrides, macros by name
	output      TEXT NOT NULL,       -- the template
	file        TEXT NOT NULL,       -- where it was first defined
	line        INTEGER NOT NULL,
	source_text TEXT NOT NULL,       -- YAML of that definition
	UNIQUE (ruleset_id, name)
);
CREATE TABLE rule_tags (
	rule_id     INTEGER NOT NULL REFERENCES rules(id),
	tag         TEXT NOT NULL,
	PRIMARY KEY (rule_id, tag)
) WITHOUT ROWID;

-- One trace replayed with one rule set and one set of options.
CREATE TABLE runs (
	id          INTEGER PRIMARY KEY,
	trace_id    INTEGER NOT NULL REFERENCES traces(id),
	ruleset_id  INTEGER NOT NULL REFERENCES rulesets(id),
	options     TEXT NOT NULL,       -- JSON: what besides the rules decides which matches there are
	-- Bookkeeping: may differ between two runs that found the same.
	tool        TEXT NOT NULL,       -- program and version
	started_ns  INTEGER NOT NULL,
	ended_ns    INTEGER,             -- NULL: running, or ended without a word
	-- The outcome: a function of trace, rules and options.
	outcome     TEXT NOT NULL CHECK (outcome IN ('running', 'complete', 'damaged', 'interrupted')),
	message     TEXT,                -- what is wrong with a damaged trace
	events      INTEGER NOT NULL DEFAULT 0,
	matches     INTEGER NOT NULL DEFAULT 0,
	first_ns    INTEGER,             -- of the events, NULL: none
	last_ns     INTEGER,
	sections    INTEGER NOT NULL DEFAULT 0,
	drops       INTEGER NOT NULL DEFAULT 0, -- marks in the trace that say: events were dropped here
	skipped     INTEGER NOT NULL DEFAULT 0, -- blocks of unknown type, events of unknown kind
	upgraded    INTEGER NOT NULL DEFAULT 0, -- old events brought to their current form
	merged      INTEGER NOT NULL DEFAULT 0, -- enter events folded into their exit event
	discarded   INTEGER NOT NULL DEFAULT 0, -- enter and retired events without a current form
	state_lost  INTEGER NOT NULL DEFAULT 0, -- threads, fds, containers, users over a limit
	UNIQUE (trace_id, ruleset_id, options)
);

-- Events that are known to be missing from the trace of a run.
CREATE TABLE losses (
	run_id      INTEGER NOT NULL REFERENCES runs(id),
	position    INTEGER NOT NULL,    -- order in the trace, from 1
	cpu         INTEGER,             -- NULL: not of one cpu
	class       TEXT,                -- kind of events; 'drop': the recorder sampled; NULL: all
	count       INTEGER,             -- NULL: nobody knows
	from_ns     INTEGER,             -- NULL: since before the trace
	to_ns       INTEGER,             -- NULL: nobody knows until when
	PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
-- The times of these losses, joined where they overlap.  Between them nothing is missing.
CREATE TABLE gaps (
	run_id      INTEGER NOT NULL REFERENCES runs(id),
	from_ns     INTEGER NOT NULL,
	to_ns       INTEGER NOT NULL,    -- included
	PRIMARY KEY (run_id, from_ns)
) WITHOUT ROWID;

-- A thread group from its clone to its exit.  A pid that is used again is another process.
CREATE TABLE processes (
	id           INTEGER PRIMARY KEY,
	run_id       INTEGER NOT NULL REFERENCES runs(id),
	parent_id    INTEGER REFERENCES processes(id), -- who cloned it; NULL: unknown
	pid          INTEGER NOT NULL,
	ppid         INTEGER NOT NULL,                 -- -1: unknown
	started_ns   INTEGER,                          -- NULL: unknown
	ended_ns     INTEGER,                          -- NULL: alive at the end of the trace
	exit_code    INTEGER,
	exit_signal  INTEGER                           -- 0: none
);
CREATE INDEX processes_by_run ON processes (run_id, pid);
CREATE INDEX processes_by_parent ON processes (parent_id);

-- What a process ran: one row when it begins, one more per execve.
CREATE TABLE programs (
	id         INTEGER PRIMARY KEY,
	process_id INTEGER NOT NULL REFERENCES processes(id),
	since_ns   INTEGER,              -- NULL: since before the trace
	evt_num    INTEGER,              -- event that showed it; NULL: listed at the start
	comm       TEXT NOT NULL,
	exe        TEXT NOT NULL,        -- argv[0]
	exepath    TEXT NOT NULL,
	cmdline    TEXT NOT NULL,        -- comm and arguments, as in proc.cmdline
	cwd        TEXT NOT NULL,
	uid        INTEGER,              -- NULL: unknown
	user       TEXT,                 -- NULL: the trace has no name for the uid
	loginuid   INTEGER,              -- NULL: none
	tty        INTEGER NOT NULL,
	container_id TEXT                -- NULL: on the host
);
CREATE INDEX programs_by_process ON programs (process_id);

CREATE TABLE containers (
	run_id     INTEGER NOT NULL REFERENCES runs(id),
	id         TEXT NOT NULL,        -- short id, as in container.id
	full_id    TEXT NOT NULL,
	type       TEXT NOT NULL,
	name       TEXT,
	image      TEXT,
	PRIMARY KEY (run_id, id)
) WITHOUT ROWID;

-- A flood of alerts says the same things again and again: each text and each set of field values
-- is kept once per run.
CREATE TABLE messages (
	id         INTEGER PRIMARY KEY,
	text       TEXT NOT NULL         -- the rule's output without time and priority
);
CREATE VIRTUAL TABLE message_search USING fts5 (
	text, content = 'messages', content_rowid = 'id', tokenize = 'ascii', columnsize = 0
);
-- Sized for floods: twice as fast to fill, a little slower to search.
INSERT INTO message_search (message_search, rank) VALUES ('hashsize', 16777216), ('automerge', 0);
CREATE TABLE keys (
	id         INTEGER PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE, -- 'proc.name'
	type       TEXT NOT NULL         -- of the field: 'charbuf', 'uint64', 'bool', ...
);
CREATE TABLE field_values (
	set_id     INTEGER NOT NULL,
	key_id     INTEGER NOT NULL REFERENCES keys(id),
	value,                           -- INTEGER, REAL or TEXT; NULL: the event had no such value
	PRIMARY KEY (set_id, key_id)
) WITHOUT ROWID;

-- One rule that held at one event.
CREATE TABLE matches (
	id         INTEGER PRIMARY KEY,
	run_id     INTEGER NOT NULL REFERENCES runs(id),
	rule_id    INTEGER NOT NULL REFERENCES rules(id),
	evt_num    INTEGER NOT NULL,     -- Falco's evt.num, from 1
	ts_ns      INTEGER NOT NULL,
	tid        INTEGER NOT NULL,     -- -1: none
	program_id INTEGER REFERENCES programs(id), -- NULL: no thread known
	message_id INTEGER NOT NULL REFERENCES messages(id),
	-- Output and extra fields: what belongs to the thread, and what belongs to the event.  evt.time
	-- and evt.num are in the set as keys only; v_match_fields puts the match's own in their place.
	thread_set INTEGER,
	event_set  INTEGER
);
CREATE INDEX matches_by_event ON matches (run_id, evt_num, rule_id);
CREATE INDEX matches_by_rule ON matches (rule_id, ts_ns);
CREATE INDEX matches_by_time ON matches (ts_ns);
CREATE INDEX matches_by_program ON matches (program_id);

CREATE VIEW v_runs AS
SELECT r.id, t.path AS trace, t.sha256 AS trace_sha256, t.hostname,
	r.outcome, r.message, r.events, r.matches, r.first_ns, r.last_ns,
	(SELECT group_concat(path, ', ') FROM (SELECT path FROM rule_files f
		WHERE f.ruleset_id = r.ruleset_id ORDER BY position)) AS rules,
	r.options, r.sections, r.drops,
	(SELECT count(*) FROM losses l WHERE l.run_id = r.id) AS losses,
	r.skipped, r.upgraded, r.merged, r.discarded, r.state_lost, r.tool,
	strftime('%Y-%m-%d %H:%M:%S', r.started_ns / 1000000000, 'unixepoch') AS started,
	strftime('%Y-%m-%d %H:%M:%S', r.ended_ns / 1000000000, 'unixepoch') AS ended
FROM runs r JOIN traces t ON t.id = r.trace_id;

-- Left joins throughout: SQLite leaves out those whose columns a question does not name.
-- in_gap: 1 when events are missing around that time, so that the match may be there only for want
-- of them.
CREATE VIEW v_matches AS
SELECT m.id, m.run_id, m.ts_ns,
	strftime('%Y-%m-%d %H:%M:%S', m.ts_ns / 1000000000, 'unixepoch')
		|| printf('.%09d', m.ts_ns % 1000000000) AS time,
	m.evt_num, p.name AS priority, u.priority AS priority_id, u.name AS rule, m.rule_id,
	m.tid, c.pid, c.ppid, g.comm, g.exepath, g.cmdline, g.user, g.uid, m.program_id,
	g.process_id, g.container_id, k.name AS container_name, k.image AS container_image,
	m.message_id, t.text AS message,
	coalesce((SELECT x.to_ns >= m.ts_ns FROM gaps x WHERE x.run_id = m.run_id
		AND x.from_ns <= m.ts_ns ORDER BY x.from_ns DESC LIMIT 1), 0) AS in_gap
FROM matches m
LEFT JOIN rules u ON u.id = m.rule_id
LEFT JOIN priorities p ON p.id = u.priority
LEFT JOIN messages t ON t.id = m.message_id
LEFT JOIN programs g ON g.id = m.program_id
LEFT JOIN processes c ON c.id = g.process_id
LEFT JOIN containers k ON k.run_id = m.run_id AND k.id = g.container_id;

-- Output and extra fields of every match, one row per field.
CREATE VIEW v_match_fields AS
SELECT m.id AS match_id, k.name AS key, k.type,
	CASE k.name WHEN 'evt.num' THEN m.evt_num WHEN 'evt.time' THEN m.ts_ns ELSE f.value END
		AS value
FROM matches m
JOIN field_values f ON f.set_id IN (m.thread_set, m.event_set)
JOIN keys k ON k.id = f.key_id;

CREATE VIEW v_alerts_by_rule AS
SELECT u.name AS rule, p.name AS priority, u.priority AS priority_id, m.run_id,
	count(*) AS matches, min(m.ts_ns) AS first_ns, max(m.ts_ns) AS last_ns,
	count(DISTINCT g.process_id) AS processes
FROM matches m
JOIN rules u ON u.id = m.rule_id
JOIN priorities p ON p.id = u.priority
LEFT JOIN programs g ON g.id = m.program_id
GROUP BY m.run_id, m.rule_id;

-- Every process with the last program it ran and how many alerts it caused.
CREATE VIEW v_processes AS
SELECT c.id, c.run_id, c.parent_id, c.pid, c.ppid, c.started_ns, c.ended_ns, c.exit_code,
	c.exit_signal, g.container_id, g.comm, g.exepath, g.cmdline, g.user, g.uid,
	(SELECT count(*) - 1 FROM programs x WHERE x.process_id = c.id) AS execs,
	(SELECT count(*) FROM programs x JOIN matches m ON m.program_id = x.id
		WHERE x.process_id = c.id) AS matches
FROM processes c
JOIN programs g ON g.id = (SELECT max(id) FROM programs x WHERE x.process_id = c.id);

-- The same as a forest in depth-first order: 'tree' is the command line, indented.
CREATE VIEW v_process_tree AS
WITH RECURSIVE walk (id, run_id, depth) AS (
	SELECT id, run_id, 0 FROM processes WHERE parent_id IS NULL
	UNION ALL
	SELECT c.id, c.run_id, walk.depth + 1
	FROM walk JOIN processes c ON c.parent_id = walk.id
	ORDER BY 3 DESC, 1
)
SELECT p.run_id, p.id, p.parent_id, walk.depth, p.pid, p.ppid,
	substr('                                        ', 1, 2 * walk.depth) || p.cmdline AS tree,
	p.user, p.container_id, p.started_ns, p.ended_ns, p.execs, p.matches
FROM walk JOIN v_processes p ON p.id = walk.id;
