#include "capture/rec/governor.h"

unsigned governor_look(struct governor *g, double percent)
{
	if (g->limit <= 0)
		return 0;
	if (percent > g->limit) {
		g->calm = 0;
		if (g->step < g->steps)
			g->step++;
	} else if (g->step && percent < g->limit / 2 && ++g->calm >= GOVERNOR_CALM) {
		g->calm = 0;
		g->step--;
	}
	return g->step;
}
