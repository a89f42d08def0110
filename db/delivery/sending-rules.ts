import { NO_RULES, type SendingRules } from '../../domain/delivery/sending.ts';
import type { Db, Tx } from '../client.ts';

/** What the project says of all its mails; nothing where it has not said anything. */
export const findSendingRules = async (db: Db, projectId: string): Promise<SendingRules> => {
  const [row] = await db<{ rules: SendingRules }[]>`select rules from sending_rules where project_id = ${projectId}`;
  return row?.rules ?? NO_RULES;
};

export const writeSendingRules = async (tx: Tx, projectId: string, rules: SendingRules, now: Date): Promise<void> => {
  await tx`
    insert into sending_rules (project_id, rules, updated_at) values (${projectId}, ${tx.json(rules as never)}, ${now})
    on conflict (project_id) do update set rules = excluded.rules, updated_at = excluded.updated_at`;
};
