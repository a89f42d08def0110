import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
export type WorkflowHistory = temporal.api.history.v1.IHistory;

/** Histories of workflows as they ran in releases, one JSON file each: what runs now must still be able to go on with them. */
const FOLDER = new URL('histories/', import.meta.url);

const read = (file: string): WorkflowHistory =>
  History.fromObject(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Record<string, unknown>);

export const recordedHistories = (): { name: string; history: WorkflowHistory }[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ name: file.slice(0, -'.json'.length), history: read(file) }));

export const historyOf = (client: Client, workflowId: string): Promise<WorkflowHistory> =>
  client.workflow.getHandle(workflowId).fetchHistory();

/** Writes a history down, once for each release: one that is there already is left as it is. */
export const writeHistory = (name: string, history: WorkflowHistory): void => {
  if (existsSync(new URL(`${name}.json`, FOLDER))) return;
  const json = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify(json, null, 1)}\n`);
};
