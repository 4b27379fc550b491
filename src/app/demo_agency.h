/* demo_agency.h: the demo's people, teams, rules and bindings, made as an admin would make them. */
#pragma once
#include "core/app.h"
#include "sim/world.h"

#define DEMO_PASSWORD "demo-demo-demo"

enum err demo_people(struct ctx *cx, struct app *app, const struct world *w) MUST_USE;
enum err demo_bindings(struct ctx *cx, struct app *app, const struct world *w) MUST_USE;
