import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Sql } from '../db/client.ts';
import { createSecretBox, type SecretBox } from '../db/secret-box.ts';
import { type TaskQueues, taskQueues } from '../workflows/contracts.ts';
import type { ServiceConfiguration } from './configuration.ts';
import { connectDatabase } from './database.ts';
import { createLog } from './log.ts';

/** What every process stands on. */
export interface Core {
  sql: Sql;
  /** Connects when it is first used, and again when Temporal was away. */
  client: Client;
  box: SecretBox;
  taskQueues: TaskQueues;
  now: () => Date;
  log: Logger;
  close: () => Promise<void>;
}

/** @throws {StartError} where Postgres does not answer; Temporal may come later */
export const createCore = async (configuration: ServiceConfiguration, name: string): Promise<Core> => {
  const sql = await connectDatabase(configuration, name);
  const connection = Connection.lazy({ address: configuration.temporalAddress });
  return {
    sql,
    client: new Client({ connection, namespace: configuration.temporalNamespace }),
    box: createSecretBox(configuration.secretKey),
    taskQueues: taskQueues(configuration.taskQueuePrefix),
    now: () => new Date(),
    log: createLog(name, configuration),
    close: async () => {
      await connection.close();
      await sql.end({ timeout: 1 });
    },
  };
};
