import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { runWorkers } from '../../bin/workers.ts';
import { connectTemporal } from '../harness/temporal.ts';
import { until } from '../harness/relay.ts';

test('a worker that has to wait too long for somebody slow ends all the same, and the others end in order', async () => {
  const { client, nativeConnection, taskQueues, close } = await connectTemporal();
  const finished: string[] = [];
  let begun = 0;
  const wait = async (name: string, ms: number): Promise<void> => {
    begun += 1;
    await sleep(ms);
    finished.push(name);
  };
  const create = (taskQueue: string) =>
    Worker.create({ connection: nativeConnection, taskQueue, activities: { wait }, shutdownGraceTime: '1 s', shutdownForceTime: '2 s' });
  const workers = await Promise.all([create(taskQueues.deliveries), create(taskQueues.journeys)]);
  const warnings: unknown[] = [];
  const running = runWorkers(workers, { warn: (...said: unknown[]) => void warnings.push(said[0]) });
  let failure: unknown = null;
  running.failed.catch((error: unknown) => (failure = error));

  const options = { startToCloseTimeout: '1 min', retry: { maximumAttempts: 1 } } as const;
  await client.activity.start('wait', {
    ...options,
    id: `slow ${taskQueues.deliveries}`,
    taskQueue: taskQueues.deliveries,
    args: ['slow', 30_000],
  });
  await client.activity.start('wait', {
    ...options,
    id: `quick ${taskQueues.journeys}`,
    taskQueue: taskQueues.journeys,
    args: ['quick', 1500],
  });
  await until('both are under way', async () => begun === 2);
  await running.stop();

  expect(finished).toEqual(['quick']);
  expect(workers.map((each) => each.getState())).toEqual(['FAILED', 'STOPPED']);
  expect(warnings).toEqual([{ taskQueue: taskQueues.deliveries, reason: expect.any(String) }]);
  expect(failure).toBeNull();
  await close();
});
