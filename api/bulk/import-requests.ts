import { LOYALTY_CARDS_IMPORT } from '../../activities/bulk/import-loyalty-cards.ts';
import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import type { Cells } from '../../domain/csv/cells.ts';
import { loyaltyCardCheck } from './card-import-check.ts';
import { readCsv } from './csv-file.ts';
import { stageImport, type ImportRequest, type RowInput } from './imports.ts';
import type { Answer, RequestContext } from '../http/route.ts';
import { importedSchema } from '../schemas/import.ts';

/** What is imported, and how its rows are looked at. */
export type ImportTarget = Pick<ImportRequest, 'type' | 'campaignId' | 'check'>;

/** Cards of a loyalty program. */
export const loyaltyCardTarget =
  (project: Project, find: (tx: Tx) => Promise<Campaign>) =>
  async (tx: Tx): Promise<ImportTarget> => {
    const program = await find(tx);
    return { type: LOYALTY_CARDS_IMPORT, campaignId: program.id, check: await loyaltyCardCheck(tx, project, program) };
  };

export const accepted = {
  202: { description: 'It runs in the background: `/v1/async-actions/{id}` says how far', schema: importedSchema },
};
export const CSV_DESCRIPTION =
  'A form with a part `file`, or the file itself as text/csv. `/v1/async-actions/{id}/errors` names every row that is wrong.';

type FileContext = Pick<RequestContext<unknown, { all_or_nothing: boolean; encoding?: string }>, 'upload' | 'query'>;

/** Rows of the file, each as the body that it stands for. */
export async function* fileRows({ upload, query }: FileContext, bodyOf: (cells: Cells) => unknown): AsyncGenerator<RowInput> {
  for await (const { line, cells, problem } of readCsv(upload!.path, query)) yield { line, problem, body: bodyOf(cells) };
}

/** Rows of a list, counted from 1. */
export const listRows = (bodies: unknown[]): RowInput[] => bodies.map((body, index) => ({ line: index + 1, body, problem: null }));

/** Takes rows for the background, and answers with the id under which it tells how far it is. */
export const accept = (
  { project, write }: Pick<RequestContext, 'project' | 'write'>,
  allOrNothing: boolean,
  rows: (target: ImportTarget) => AsyncIterable<RowInput> | Iterable<RowInput>,
  targetOf: (tx: Tx) => Promise<ImportTarget>,
): Promise<Answer> =>
  write(async (tx) => {
    const target = await targetOf(tx);
    const request = { projectId: project.id, allOrNothing, ...target };
    return { status: 202, body: { async_action_id: await stageImport(tx, request, rows(target)) } };
  });

interface MetadataChange {
  source_ids: string[];
  metadata: unknown;
}

/** The same new metadata for each of these source ids. */
const metadataRows = ({ source_ids: sourceIds, metadata }: MetadataChange): RowInput[] =>
  listRows([...new Set(sourceIds)].map((source_id) => ({ source_id, metadata })));

/** Refuses rows of source ids that nobody knows, which the check would take for new ones. */
const onlyKnown =
  (known: ReadonlySet<string>, check: ImportRequest['check'], message: string): ImportRequest['check'] =>
  (body, line) =>
    known.has((body as { source_id: string }).source_id) ? check(body, line) : { problems: [{ path: 'source_id', message }] };

/** Takes new metadata of many that exist. @param unknown what is wrong with a source id that does not */
export const acceptMetadata = (
  context: Pick<RequestContext, 'project' | 'write'> & { body: MetadataChange },
  target: (tx: Tx) => Promise<ImportTarget>,
  known: (tx: Tx, projectId: string, sourceIds: string[]) => Promise<ReadonlySet<string>>,
  unknown: string,
): Promise<Answer> =>
  accept(
    context,
    false,
    () => metadataRows(context.body),
    async (tx) => {
      const existing = await known(tx, context.project.id, context.body.source_ids);
      const { check, ...rest } = await target(tx);
      return { ...rest, check: onlyKnown(existing, check, unknown) };
    },
  );
