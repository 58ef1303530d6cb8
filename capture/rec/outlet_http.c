/*
 * Alerts posted one by one to a web server.  libcurl brings two dozen libraries, which would be
 * two thirds of the time until main() of every recording; it is loaded when alerts are to be posted.
 */
#include "capture/rec/outlets.h"

#ifdef SAKER_CURL

#include <curl/curl.h>

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

struct poster {
	CURL *curl;
	struct curl_slist *headers;
	CURLcode (*global_init)(long flags);
	CURL *(*init)(void);
	CURLcode (*setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*perform)(CURL *curl);
	void (*cleanup)(CURL *curl);
	struct curl_slist *(*append)(struct curl_slist *list, const char *text);
	void (*free_all)(struct curl_slist *list);
};

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{ "curl_global_init", offsetof(struct poster, global_init) },
	{ "curl_easy_init", offsetof(struct poster, init) },
	{ "curl_easy_setopt", offsetof(struct poster, setopt) },
	{ "curl_easy_perform", offsetof(struct poster, perform) },
	{ "curl_easy_cleanup", offsetof(struct poster, cleanup) },
	{ "curl_slist_append", offsetof(struct poster, append) },
	{ "curl_slist_free_all", offsetof(struct poster, free_all) },
};

/* It stays loaded: it has no way to take back what it has set up for the process. */
static int load(struct poster *p, struct err *err)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *function = library ? dlsym(library, functions[i].name) : NULL;

		if (!function)
			return err_set(err, ERR_UNSUPPORTED,
				       "alerts to web servers need libcurl: %s", dlerror());
		memcpy((char *)p + functions[i].at, &function, sizeof function);
	}
	return 0;
}

static void close_poster(void *self)
{
	struct poster *p = self;

	if (p->curl)
		p->cleanup(p->curl);
	if (p->headers)
		p->free_all(p->headers);
	free(p);
}

/* What the server answers is of no interest. */
static size_t swallow(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static int set_up(struct poster *p, const char *scheme, const struct outlet_options *opt,
		  struct err *err)
{
	char url[2048];

	if (load(p, err) < 0)
		return -1;
	p->global_init(CURL_GLOBAL_DEFAULT);
	p->curl = p->init();
	p->headers = p->append(NULL, opt->json ? "Content-Type: application/json"
					       : "Content-Type: text/plain");
	if (!p->curl || !p->headers ||
	    (size_t)snprintf(url, sizeof url, "%s%s", scheme, opt->where) >= sizeof url)
		return err_set(err, ERR_USAGE, "cannot post alerts to %s%s", scheme, opt->where);
	p->setopt(p->curl, CURLOPT_URL, url);
	p->setopt(p->curl, CURLOPT_HTTPHEADER, p->headers);
	p->setopt(p->curl, CURLOPT_USERAGENT, "saker-rec/" SAKER_VERSION);
	p->setopt(p->curl, CURLOPT_WRITEFUNCTION, swallow);
	p->setopt(p->curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	p->setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
	p->setopt(p->curl, CURLOPT_FAILONERROR, 1L);
	return 0;
}

static int open_poster(const char *scheme, const struct outlet_options *opt, void **out,
		       struct err *err)
{
	struct poster *p = calloc(1, sizeof *p);

	*out = NULL;
	if (!p)
		return err_set(err, ERR_NOMEM, "no memory for alerts");
	if (set_up(p, scheme, opt, err) < 0) {
		close_poster(p);
		return -1;
	}
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

	p->setopt(p->curl, CURLOPT_POSTFIELDS, note->line.p);
	p->setopt(p->curl, CURLOPT_POSTFIELDSIZE, (long)note->line.n);
	return p->perform(p->curl) == CURLE_OK;
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
