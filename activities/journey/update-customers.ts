import { updateCustomers as writeCustomers } from '../../db/customer/customers.ts';
import { addToSegment, removeFromSegment } from '../../db/customer/segment-members.ts';
import { findSegment } from '../../db/customer/segments.ts';
import { scopeValues } from '../../domain/journey/scope.ts';
import type { UpdateCustomer } from '../../domain/journey/steps/update-customer.ts';
import { attempt } from './attempt.ts';
import type { Outcome, StepFunction, StepWork } from './step.ts';

/** Writes metadata and membership of segments that are kept by hand. The customers are locked already. */
export const updateCustomers: StepFunction = async (work) => {
  const fields = work.step.fields as unknown as UpdateCustomer;
  const values = work.members.map((member) =>
    attempt(() => {
      const scope = scopeValues(member.standing);
      return Object.fromEntries(
        Object.keys(fields.set ?? {}).map((name) => [name, work.step.expressions.get(`set.${name}`)?.evaluate(scope) ?? null]),
      );
    }),
  );
  const changing = work.members.flatMap((member, index) => {
    const given = values[index];
    return given === undefined || 'error' in given ? [] : [{ id: member.enrolment.customerId, metadata: given.value }];
  });
  const now = new Date(work.now);
  if (fields.set !== undefined) {
    const metadata = new Map(changing.map((each) => [each.id, each.metadata]));
    await writeCustomers(
      work.tx,
      work.project.id,
      [...metadata.keys()],
      (customer) => ({ metadata: metadata.get(customer.id) ?? {} }),
      now,
    );
  }
  const failure = await moveSegments(
    work,
    fields,
    changing.map((each) => each.id),
    now,
  );
  return values.map((given): Outcome => {
    if ('error' in given) return { to: 'fail', error: given.error };
    if (failure !== null) return { to: 'fail', error: failure };
    const segments = { added: fields.add_to_segment ?? [], removed: fields.remove_from_segment ?? [] };
    return { to: 'go', outcome: 'updated', detail: { ...(fields.set === undefined ? {} : { set: given.value }), ...segments } };
  });
};

/** @returns what is wrong with a segment; null where nothing is */
const moveSegments = async (
  { tx, project }: StepWork,
  { add_to_segment: added = [], remove_from_segment: removed = [] }: UpdateCustomer,
  customerIds: string[],
  now: Date,
): Promise<string | null> => {
  for (const { names, move } of [
    { names: added, move: addToSegment },
    { names: removed, move: removeFromSegment },
  ]) {
    for (const name of names) {
      const segment = await findSegment(tx, project.id, name);
      if (segment === null) return `there is no segment ${name}`;
      if (segment.type !== 'static') return `the segment ${name} finds its members by itself`;
      await move(tx, segment, customerIds, now);
    }
  }
  return null;
};
