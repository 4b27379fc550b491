/* metrics_periods.h: sums over today, 7d and 30d, kept for those who read the tables with SQL. */
#pragma once
#include "metrics/metrics.h"

/* Writes period_metric anew when a rollup changed or the reporting day did. */
enum err periods_build(struct ctx *cx, struct app *app, bool rollups_changed) MUST_USE;
