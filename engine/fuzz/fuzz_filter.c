/*
 * A condition: parse, print, copy, compile, run.  What program_run and program_test say of an event
 * must be the same, and what is printed in words that need no quotes must read back.
 */
#include "engine/filter/filter.h"
#include "engine/fuzz/one_event.h"

#include <stdlib.h>

/* Would every text of the operand read back bare? */
static bool is_plain(const struct ast_operand *o, void *arg)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/";
	struct sv texts[] = { o->text, o->arg };

	(void)arg;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < texts[i].n; k++)
			if (!texts[i].p[k] || !(strchr(plain, texts[i].p[k]) ||
						(o->kind == OPERAND_FIELD && texts[i].p[k] == '.')))
				return false;
	/* inside a call a literal reads back only as a number or in quotes */
	return o->kind == OPERAND_FIELD || (o->kind == OPERAND_LITERAL && o->text.n > 5);
}

static bool node_is_plain(struct ast *a, void *arg)
{
	/* "not (not a)" prints as "not not a", which reads as "a" */
	if (a->kind == AST_NOT)
		return a->kids[0]->kind != AST_NOT;
	if (a->kind != AST_CHECK)
		return true;
	if (!ast_walk_operand(a->left, is_plain, arg) ||
	    (a->right && !ast_walk_operand(a->right, is_plain, arg)))
		return false;
	for (size_t i = 0; i < a->nitems; i++)
		if (!is_plain(a->items[i], arg))
			return false;
	return true;
}

static void print_again(struct ast *a, struct arena *arena)
{
	struct buf first = { 0 }, second = { 0 };
	struct ast *again, *copy = ast_dup(a, arena);

	ast_print(a, &first);
	ast_print(copy, &second);
	if (!sv_eq(buf_sv(&first), buf_sv(&second)))
		abort();
	if (ast_walk(a, node_is_plain, NULL)) {
		buf_clear(&second);
		/* chains print with brackets: the limit on nesting may be reached */
		if (ast_parse(buf_sv(&first), arena, &again, NULL) == 0) {
			ast_print(again, &second);
			if (!sv_eq(buf_sv(&first), buf_sv(&second)))
				abort();
		}
	}
	buf_deinit(&first);
	buf_deinit(&second);
}

static bool note(void *arg, uint32_t id)
{
	(void)id;
	*(bool *)arg = true;
	return true;
}

static void run(const struct ast *a, struct one_event *one)
{
	struct program *plain = program_new(), *fast = program_new();
	struct type_set types;
	struct err err = { 0 };
	bool hit = false;
	uint32_t id;

	ast_event_types(a, &types, NULL);
	if (plain && fast && program_add(plain, a, &id, &err) == 0 &&
	    program_add(fast, a, &id, &err) == 0 && program_seal(fast, &err) == 0) {
		arena_reset(&one->ctx.scratch);
		program_run(fast, &one->ctx, note, &hit);
		if (type_set_has(program_types(fast, id), one->event.type) &&
		    hit != program_test(plain, id, &one->ctx))
			abort();
	}
	program_free(plain);
	program_free(fast);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct err err = { 0 };
	struct one_event one;
	struct ast *a;

	if (ast_parse((struct sv){ (const char *)data, size }, &arena, &a, &err) == 0) {
		print_again(a, &arena);
		one_event_open(&one);
		run(a, &one);
		one_event_close(&one);
	} else if (err.code == ERR_NONE || a) {
		abort();
	}
	arena_deinit(&arena);
	return 0;
}
