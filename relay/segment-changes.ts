import type { EventRow } from '../db/event/events.ts';
import { findAutoSegments, refreshMembers } from '../db/customer/segment-members.ts';
import type { RouteEvents } from './route.ts';

/** What may move a customer into a segment or out of it. */
const CHANGES = new Set(['customer.created', 'customer.updated', 'order.created', 'order.updated', 'order.paid', 'order.canceled']);

type CustomerEvent = EventRow & { customerId: string };

/** Tells who entered or left auto-update segments by what happened to them, in the transaction that routes it. */
export const createSegmentChanges =
  ({ now }: { now: () => Date }): RouteEvents =>
  async (tx, events) => {
    const changes = events.filter((event): event is CustomerEvent => event.customerId !== null && CHANGES.has(event.type));
    if (changes.length === 0) return;
    const byProject = Map.groupBy(changes, (event) => event.projectId);
    const at = now();
    for (const segment of await findAutoSegments(tx, [...byProject.keys()])) {
      const customerIds = new Set(byProject.get(segment.projectId)!.map((event) => event.customerId));
      await refreshMembers(tx, segment, [...customerIds], at);
    }
  };
