import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { type Sql, connect } from '../../db/client.ts';
import { TEMPLATE_DATABASE } from './template-database.ts';

export interface TestDatabase {
  url: string;
  sql: Sql;
  /** Ends the pool and drops the database, whoever is still connected. */
  drop: () => Promise<void>;
}

/** A migrated database of its own, cloned from the template: call it once for a test file, and `drop` it after. */
export const createDatabase = async (options: { max?: number; template?: string } = {}): Promise<TestDatabase> => {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const onAdmin = async (statement: string): Promise<void> => {
    const admin = connect(adminUrl, { max: 1 });
    try {
      await admin.unsafe(statement);
    } finally {
      await admin.end();
    }
  };
  await onAdmin(`create database ${name} template ${options.template ?? TEMPLATE_DATABASE}`);
  const url = adminUrl.replace(/[^/]+$/, name);
  const sql = connect(url, { max: options.max ?? 20 });
  return {
    url,
    sql,
    drop: async () => {
      await sql.end({ timeout: 5 });
      await onAdmin(`drop database if exists ${name} with (force)`);
    },
  };
};
