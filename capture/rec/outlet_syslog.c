/* Alerts for the system's log, each with its own priority. */
#include "capture/rec/outlets.h"

#include <syslog.h>

static int open_syslog(const struct outlet_options *opt, void **out, struct err *err)
{
	(void)opt;
	(void)err;
	openlog("rec", LOG_NDELAY | LOG_PID, LOG_USER);
	*out = NULL;
	return 0;
}

/* Priorities of rules have the numbers of syslog's. */
static bool deliver(void *self, const struct alert_note *note)
{
	(void)self;
	syslog((int)note->priority, SV_FMT, SV_ARG(note->line));
	return true;
}

static void close_syslog(void *self)
{
	(void)self;
	closelog();
}

const struct outlet_kind outlet_syslog = { "syslog", open_syslog, deliver, NULL, close_syslog };
