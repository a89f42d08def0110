import { createHash } from 'node:crypto';
import type { Customer } from '../../db/customer/customers.ts';
import { unsubscribeAll } from '../../db/simulation/state.ts';
import { resolveEventType } from '../../domain/journey/scope.ts';
import type { ScriptedEvent } from './input.ts';
import { redeem } from './redeem.ts';
import { tell } from './tell.ts';
import { happening } from './timeline.ts';
import type { World } from './world.ts';

const REDEEMED = 'redemption.succeeded';
const UNSUBSCRIBED = 'customer.unsubscribed';

/** To whom of a crowd it happens: the same ones each time. */
const chosen = (customers: Customer[], { percent }: ScriptedEvent, number: number): Customer[] =>
  percent >= 100
    ? customers
    : customers.filter(({ sourceId }) => {
        const hash = createHash('sha256').update(`${number} ${sourceId}`).digest();
        return (hash.readUInt32BE() % 10_000) / 100 < percent;
      });

/** Lets something of the script happen now. @param number its place in the script */
export const happen = async (world: World, scripted: ScriptedEvent, number: number): Promise<void> => {
  const { sql, project, clock } = world;
  const customers = chosen(world.customers, scripted, number);
  const type = resolveEventType(scripted.event);
  if (type === REDEEMED) return redeem(world, customers, scripted);
  if (type === UNSUBSCRIBED) {
    await unsubscribeAll(
      sql,
      project.id,
      customers.map(({ id }) => id),
      clock.now,
    );
  }
  if (world.verbose)
    world.happened.push(happening(clock.now, 'event', scripted.event, { detail: { event: scripted.event, data: scripted.data } }));
  await tell(world, customers, type, scripted.data);
};
