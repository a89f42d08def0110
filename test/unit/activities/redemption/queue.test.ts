import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createQueue } from '../../../../activities/redemption/queue.ts';

interface Item {
  group: string;
  code: string;
}

/** A queue whose sets end when a test says so, and what it has started, as codes. */
const createSlowQueue = (patienceMs: number) => {
  const started: string[][] = [];
  const ends: (() => void)[] = [];
  const queue = createQueue<Item>({
    inFlight: 2,
    lanesInFlight: 1,
    worthwhile: 3,
    patienceMs,
    size: 10,
    groupOf: (item) => item.group,
    resourcesOf: (item) => [`code ${item.code}`],
    run: async (_group, items) => {
      started.push(items.map((item) => item.code));
      await new Promise<void>((resolve) => ends.push(resolve));
      return [];
    },
  });
  const add = async (...codes: string[]): Promise<void> => {
    for (const code of codes) queue.add({ group: 'shop', code });
    await turn();
  };
  return { queue, add, started, ends };
};

/** A turn of the event loop, and what it brings about. */
const turn = async (): Promise<void> => {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
};

const NEVER_MS = 1e9;

test('one alone starts at once, and others come together when its set has ended', async () => {
  const { add, started, ends } = createSlowQueue(NEVER_MS);
  await add('A');
  await add('B');
  await add('C');
  expect(started).toEqual([['A']]);
  ends[0]!();
  await turn();
  expect(started).toEqual([['A'], ['B', 'C']]);
});

test('a set starts beside another of its group when so many wait that it is worth it', async () => {
  const { add, started } = createSlowQueue(NEVER_MS);
  await add('A');
  await add('B', 'C', 'D');
  expect(started).toEqual([['A'], ['B', 'C', 'D']]);
  // No more than may be in flight.
  await add('E', 'F', 'G');
  expect(started).toHaveLength(2);
});

test('another group waits for nobody', async () => {
  const { queue, add, started } = createSlowQueue(NEVER_MS);
  await add('A');
  queue.add({ group: 'other shop', code: 'B' });
  await turn();
  expect(started).toEqual([['A'], ['B']]);
});

test('a set that itself waits holds up nobody for long', async () => {
  const { add, started } = createSlowQueue(1);
  await add('A');
  await add('B');
  while (started.length < 2) await sleep(1);
  expect(started).toEqual([['A'], ['B']]);
});

test('who asks for what is taken waits for it, whatever is free', async () => {
  const { add, started, ends } = createSlowQueue(NEVER_MS);
  await add('A');
  await add('A', 'B', 'C', 'D');
  expect(started).toEqual([['A'], ['B', 'C', 'D']]);
  ends[0]!();
  ends[1]!();
  await turn();
  expect(started[2]).toEqual(['A']);
});
