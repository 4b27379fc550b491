/* commands.h: what each command does; the table of them is in commands.c. */
#pragma once
#include "app/cli.h"

enum err command_sync(struct cli *cli) MUST_USE;
enum err command_aggregate(struct cli *cli) MUST_USE;
enum err command_attribute(struct cli *cli) MUST_USE;
enum err command_verify(struct cli *cli) MUST_USE;
enum err command_webhook(struct cli *cli) MUST_USE;
enum err command_import(struct cli *cli) MUST_USE;
enum err command_job_list(struct cli *cli) MUST_USE;
enum err command_job_run(struct cli *cli) MUST_USE;
enum err command_job_pause(struct cli *cli) MUST_USE;
enum err command_inbox_list(struct cli *cli) MUST_USE;
enum err command_inbox_replay(struct cli *cli) MUST_USE;
/* Runs a job now, its lines going to the command's output. */
enum err command_run_job(struct cli *cli, const char *name, const struct job_options *o,
                         struct job_run *r) MUST_USE;

enum err command_user_add(struct cli *cli) MUST_USE;
enum err command_user_list(struct cli *cli) MUST_USE;
enum err command_user_passwd(struct cli *cli) MUST_USE;
enum err command_user_disable(struct cli *cli) MUST_USE;
enum err command_team_add(struct cli *cli) MUST_USE;
enum err command_team_list(struct cli *cli) MUST_USE;
enum err command_team_archive(struct cli *cli) MUST_USE;
enum err command_account_list(struct cli *cli) MUST_USE;
enum err command_account_bind(struct cli *cli) MUST_USE;
