import type { ReadAnswer } from '../../domain/journey/answer.ts';
import type { Tx } from '../client.ts';

/** A webhook that a visit of a step planned to have an answer: the last one, where it was planned more than once. */
export interface AwaitedWebhook {
  enrolmentId: string;
  id: string;
  state: 'planned' | 'sending' | 'accepted' | 'failed' | 'unknown' | 'skipped';
  reason: string | null;
  answer: (ReadAnswer & { status: number }) | null;
  /** In the customer's time. */
  finishedAt: Date | null;
  /** How often this visit has planned one. */
  times: number;
}

/** The webhooks that these visits of a step planned, by enrolment. */
export const findAwaitedWebhooks = async (
  tx: Tx,
  projectId: string,
  step: string,
  visits: { enrolmentId: string; visit: number }[],
): Promise<Map<string, AwaitedWebhook>> => {
  if (visits.length === 0) return new Map();
  const rows = await tx<AwaitedWebhook[]>`
    select d.enrolment_id, d.id, d.state, d.reason, d.answer, d.finished_at + c.clock_offset_ms * interval '1 millisecond' as finished_at, d.times
    from (
      select distinct on (w.enrolment_id) w.*, count(*) over (partition by w.enrolment_id)::int as times
      from jsonb_to_recordset(${tx.json(visits)}) as v ("enrolmentId" text, visit integer)
      join delivery w on w.project_id = ${projectId} and w.enrolment_id = v."enrolmentId"
        and w.payload -> 'awaited' = jsonb_build_object('step', ${step}::text, 'visit', v.visit)
      order by w.enrolment_id, w.id desc
    ) d
    join enrolment e on e.project_id = ${projectId} and e.id = d.enrolment_id
    join customer c on c.project_id = e.project_id and c.id = e.customer_id`;
  return new Map(rows.map((row) => [row.enrolmentId, row]));
};
