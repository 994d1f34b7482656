// SPDX-License-Identifier: GPL-2.0
/*
 * migrate_answers.c - count what the kernel answered, and print it.
 */
#include <stdio.h>

#include "report/json.h"
#include "migrators/migrate_answers.h"
#include "migrators/migration.h"
#include "migrators/migrator.h"

void migrate_answers_begin(struct migrate_answers *answers, const char *region,
			   const char *unit)
{
	*answers = (struct migrate_answers){
		.begin = json_now(),
		.region = region,
		.unit = unit,
		.not_moved = -1,
	};
}

void migrate_answers_count(struct migrate_answers *answers, int key)
{
	size_t i = 0;

	while (i < answers->kinds && answers->counts[i].key != key)
		i++;
	if (i == MIGRATE_KINDS_MAX)
		return;
	if (i == answers->kinds) {
		answers->counts[i].key = key;
		answers->kinds++;
	}
	answers->counts[i].count++;
}

static void put_answers(const struct migrate_answers *answers)
{
	char key[16];
	size_t i;

	json_object_begin("answers");
	for (i = 0; i < answers->kinds; i++) {
		snprintf(key, sizeof(key), "%d", answers->counts[i].key);
		json_number(answers->counts[i].key == MIGRATE_UNSET ? "unset" :
								      key,
			    answers->counts[i].count);
	}
	json_object_end();
}

void migrate_answers_report(const struct migrate_answers *answers,
			    const struct migration *migration)
{
	json_event_begin_at("migrate", answers->begin);
	json_time_after("t_end", json_now());
	json_number("round", migration->round);
	json_string("migrator", migration->migrator->name);
	json_string("region", answers->region);
	json_number("target_node", migration->target_node);
	json_string("unit", answers->unit);
	put_answers(answers);
	json_errno(-answers->error);
	if (answers->not_moved < 0)
		json_null("not_moved");
	else
		json_number("not_moved", answers->not_moved);
	json_event_end();
}
