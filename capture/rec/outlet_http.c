/* Alerts posted one by one to a web server. */
#include "capture/rec/outlets.h"

#ifdef SAKER_CURL

#include <curl/curl.h>

#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

struct poster {
	CURL *curl;
	struct curl_slist *headers;
};

static void close_poster(void *self)
{
	struct poster *p = self;

	if (p->curl)
		curl_easy_cleanup(p->curl);
	curl_slist_free_all(p->headers);
	free(p);
}

/* What the server answers is of no interest. */
static size_t swallow(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static int open_poster(const char *scheme, const struct outlet_options *opt, void **out,
		       struct err *err)
{
	struct poster *p = calloc(1, sizeof *p);
	char url[2048];

	*out = NULL;
	if (!p)
		return err_set(err, ERR_NOMEM, "no memory for alerts");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	p->curl = curl_easy_init();
	p->headers = curl_slist_append(NULL, opt->json ? "Content-Type: application/json"
						       : "Content-Type: text/plain");
	if (!p->curl || !p->headers ||
	    (size_t)snprintf(url, sizeof url, "%s%s", scheme, opt->where) >= sizeof url) {
		close_poster(p);
		return err_set(err, ERR_USAGE, "cannot post alerts to %s%s", scheme, opt->where);
	}
	curl_easy_setopt(p->curl, CURLOPT_URL, url);
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->headers);
	curl_easy_setopt(p->curl, CURLOPT_USERAGENT, "saker-rec/" SAKER_VERSION);
	curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(p->curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->curl, CURLOPT_FAILONERROR, 1L);
	*out = p;
	return 0;
}

static int open_http(const struct outlet_options *opt, void **out, struct err *err)
{
	return open_poster("http:", opt, out, err);
}

static int open_https(const struct outlet_options *opt, void **out, struct err *err)
{
	return open_poster("https:", opt, out, err);
}

static bool deliver(void *self, const struct alert_note *note)
{
	struct poster *p = self;

	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, note->line.p);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE, (long)note->line.n);
	return curl_easy_perform(p->curl) == CURLE_OK;
}

#else /* a static program: what libcurl needs in turn has no static libraries */

static int refuse(const char *scheme, const struct outlet_options *opt, void **out, struct err *err)
{
	*out = NULL;
	return err_set(err, ERR_UNSUPPORTED,
		       "cannot post alerts to %s%s: this rec is built without libcurl; "
		       "--alert-to program:COMMAND hands them to a program that can",
		       scheme, opt->where);
}

static int open_http(const struct outlet_options *opt, void **out, struct err *err)
{
	return refuse("http:", opt, out, err);
}

static int open_https(const struct outlet_options *opt, void **out, struct err *err)
{
	return refuse("https:", opt, out, err);
}

static bool deliver(void *self, const struct alert_note *note)
{
	(void)self;
	(void)note;
	return false;
}

static void close_poster(void *self)
{
	(void)self;
}

#endif

const struct outlet_kind outlet_http = { "http:", open_http, deliver, NULL, close_poster };
const struct outlet_kind outlet_https = { "https:", open_https, deliver, NULL, close_poster };
