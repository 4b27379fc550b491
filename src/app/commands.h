/* commands.h: what each command does; the table of them is in commands.c. */
#pragma once
#include "app/cli.h"

enum err command_sync(struct cli *cli) MUST_USE;
enum err command_aggregate(struct cli *cli) MUST_USE;
enum err command_attribute(struct cli *cli) MUST_USE;
enum err command_verify(struct cli *cli) MUST_USE;
enum err command_webhook(struct cli *cli) MUST_USE;
enum err command_import(struct cli *cli) MUST_USE;

enum err command_user_add(struct cli *cli) MUST_USE;
enum err command_user_list(struct cli *cli) MUST_USE;
enum err command_user_passwd(struct cli *cli) MUST_USE;
enum err command_user_disable(struct cli *cli) MUST_USE;
enum err command_team_add(struct cli *cli) MUST_USE;
enum err command_team_list(struct cli *cli) MUST_USE;
enum err command_team_archive(struct cli *cli) MUST_USE;
enum err command_account_list(struct cli *cli) MUST_USE;
enum err command_account_bind(struct cli *cli) MUST_USE;
