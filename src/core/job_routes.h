/* job_routes.h: the timetable and its history for the admin's eye. */
#pragma once
#include "http/http.h"

extern const struct route job_routes[];
extern const size_t job_nroutes;
