/* metrics_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "metrics/metrics.h"

/* Forgets the day's rollups and builds them from the facts, inside tx. */
enum err day_build(struct tx *tx, struct str day) MUST_USE;
