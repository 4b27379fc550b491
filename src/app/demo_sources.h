/* demo_sources.h: every way in beside the ads themselves: the CRM's API, Lead Ads, a landing page,
 * short links. All of it is entered at the served routes, as an admin and as visitors do it. */
#pragma once
#include "app/demo_web.h"
#include "sim/sim.h"

struct demo_sources {
    struct demo_web web; /* signed in as an admin */
    struct app *app;
    struct sim *sim;
    struct str landing_key; /* demo_landing fills it in: what its pages bear */
};
/* Runs the job now. The timetable may have begun the same by itself; then this run follows it. */
enum err demo_job(struct ctx *cx, struct app *app, const char *name, int64_t days) MUST_USE;
/* Which status of the CRM is which step of the funnel. Before there are deals: every change of it
 * works them all out anew. */
enum err demo_stages(struct ctx *cx, struct demo_sources *s) MUST_USE;
/* The CRM by its token: its statuses, users and fields, our webhook, and what was never told. After
 * the webhooks of the past: a hook that names a deal without its price has it read at once. */
enum err demo_crm(struct ctx *cx, struct demo_sources *s) MUST_USE;
/* Pages, their subscriptions, and the app's webhooks to our door. */
enum err demo_lead_pages(struct ctx *cx, struct demo_sources *s) MUST_USE;
/* What the platform's forms brought in the last days. */
enum err demo_lead_ads(struct ctx *cx, struct demo_sources *s) MUST_USE;
/* A site and the people who left their numbers there: some that the CRM knows. */
enum err demo_landing(struct ctx *cx, struct demo_sources *s) MUST_USE;
/* A template, hosts, short links, and clicks by people, robots and messengers. */
enum err demo_links(struct ctx *cx, struct demo_sources *s) MUST_USE;
