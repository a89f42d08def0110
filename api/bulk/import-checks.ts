import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { CustomerRow } from '../../activities/bulk/import-customers.ts';
import type { VoucherMetadataRow } from '../../activities/bulk/change-voucher-metadata.ts';
import type { VoucherRow } from '../../activities/bulk/import-vouchers.ts';
import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Db } from '../../db/client.ts';
import { readMetadataSchemas } from '../../db/project/metadata-schemas.ts';
import type { Project } from '../../db/project/projects.ts';
import { draftOfCampaign } from '../../db/voucher/creation.ts';
import type { SharedDraft } from '../../db/voucher/copy.ts';
import type { VoucherDraft } from '../../db/voucher/vouchers.ts';
import type { FieldProblem } from '../../domain/errors.ts';
import { metadataProblems, type MetadataObject } from '../../domain/metadata-schema.ts';
import { fieldProblems } from '../http/field-problems.ts';
import type { CheckedRow } from './imports.ts';
import { customerInput } from '../schemas/customer.ts';
import { discountSchema } from '../schemas/discount.ts';
import { code as codeField } from '../schemas/fields.ts';
import { campaignGiftBody } from '../schemas/gift.ts';
import { campaignVoucherWithCodeBody, createVoucherBody, voucherType } from '../schemas/voucher.ts';
import { voucherMetadataRow } from '../schemas/voucher-bulk.ts';
import { ownOf } from '../campaign/voucher-of-campaign.ts';
import { draftOfBody } from '../campaign/voucher-draft.ts';

/** What becomes of a row. */
export type Check = (body: unknown, line: number) => CheckedRow;

/** Of every field, what is wrong with it first. */
export const problemsOf = (issues: z.core.$ZodIssue[]): FieldProblem[] => {
  const named = new Map<string, FieldProblem>();
  for (const problem of fieldProblems(issues)) if (!named.has(problem.path)) named.set(problem.path, problem);
  return [...named.values()];
};

/** A cell with JSON may hold what a text cannot: Postgres takes neither NUL nor half a character. */
const cannotBeKept = (value: unknown): boolean => /\\u0000|\\ud[89a-f]/.test(JSON.stringify(value));

/** The fields of metadata that are not as the project's schema says. */
export const metadataCheck = async (db: Db, projectId: string, of: MetadataObject, partial: boolean) => {
  const schema = (await readMetadataSchemas(db, projectId)).get(of);
  return (metadata: Record<string, unknown> | null | undefined): FieldProblem[] => {
    if (metadata && cannotBeKept(metadata)) return [{ path: 'metadata', message: 'must not contain NUL characters or lone surrogates' }];
    return schema && (metadata || !partial) ? metadataProblems(schema, metadata ?? {}, 'metadata', partial) : [];
  };
};

/** How many different rows are remembered: most rows of a file differ in their code alone. */
const REMEMBERED = 1_000;

type Checked<T> = { value: T } | { problems: FieldProblem[] };

/** Checks what rows say. @returns for rows that say the same, the same */
export const createChecker = <T extends { metadata?: Record<string, unknown> | null }, V>(
  schema: z.ZodType<T>,
  metadata: (value: T['metadata']) => FieldProblem[],
  valueOf: (told: T) => V,
): ((body: unknown) => Checked<V>) => {
  const known = new Map<string, Checked<V>>();
  const check = (body: unknown): Checked<V> => {
    const result = schema.safeParse(body);
    if (!result.success) return { problems: problemsOf(result.error.issues) };
    const problems = metadata(result.data.metadata);
    return problems.length > 0 ? { problems } : { value: valueOf(result.data) };
  };
  return (body) => {
    const key = JSON.stringify(body);
    const before = known.get(key);
    if (before) return before;
    const now = check(body);
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, now);
    return now;
  };
};

/** The code of a row, which is checked by itself, and all that it says beside. */
export const codeOf = (body: unknown): { code: string | null; problems: FieldProblem[]; rest: unknown } => {
  if (typeof body !== 'object' || body === null) return { code: null, problems: [], rest: body };
  const { code: told, ...rest } = body as Record<string, unknown>;
  if (told === undefined) return { code: null, problems: [{ path: 'code', message: 'must be given' }], rest };
  const result = codeField.safeParse(told);
  if (result.success) return { code: result.data, problems: [], rest };
  return { code: null, problems: problemsOf(result.error.issues).map(({ message }) => ({ path: 'code', message })), rest };
};

/** Rows that are vouchers: each is a draft with a code. */
const codeCheck =
  (check: (body: unknown) => Checked<SharedDraft>): Check =>
  (body, line) => {
    const { code, problems, rest } = codeOf(body);
    const checked = check(rest);
    if (!('value' in checked)) return { problems: [...problems, ...checked.problems] };
    if (code === null) return { problems };
    const row: VoucherRow = { line, code, shared: checked.value };
    return { row };
  };

/** A draft is made for each voucher, with an id that each of these gets when it is written. */
export const sharedBy = ({ id: _id, holderId: _h, enrolmentId: _e, publishedAt: _p, ...draft }: VoucherDraft): SharedDraft => draft;

/** A voucher as a row tells it. */
const voucherRow = createVoucherBody.refine((body) => !body.validation_rules?.length, {
  path: ['validation_rules'],
  error: 'are not assigned by an import: assign them to the voucher once it is there',
});

/** Vouchers of their own. */
export const voucherCheck = async (db: Db, project: Project): Promise<Check> =>
  codeCheck(
    createChecker(voucherRow, await metadataCheck(db, project.id, 'voucher', false), (body) => sharedBy(draftOfBody(project.id, body))),
  );

/** A row of a campaign may say what its vouchers are too, as files for vouchers of their own do: the same. */
const campaignRow = ({ template }: Campaign) => {
  const sameAs = (field: 'type' | 'discount' | 'gift') => (told: unknown) => told === undefined || isDeepStrictEqual(told, template[field]);
  const error = 'must be left out, or as the campaign says it';
  return campaignVoucherWithCodeBody.extend({
    type: voucherType.optional().refine(sameAs('type'), { error }),
    discount: discountSchema.optional().refine(sameAs('discount'), { error }),
    gift: campaignGiftBody.optional().refine(sameAs('gift'), { error }),
  });
};

/** Vouchers of a campaign, which says what they are. */
export const campaignVoucherCheck = async (db: Db, project: Project, campaign: Campaign): Promise<Check> =>
  codeCheck(
    createChecker(campaignRow(campaign), await metadataCheck(db, project.id, 'voucher', false), (body) =>
      sharedBy(draftOfCampaign(campaign, ownOf(body))),
    ),
  );

export const customerCheck = async (db: Db, project: Project): Promise<Check> => {
  const check = createChecker(customerInput, await metadataCheck(db, project.id, 'customer', true), (told) => told);
  return (body, line) => {
    const checked = check(body);
    if (!('value' in checked)) return checked;
    const { id: _id, source_id: sourceId, birthday, ...told } = checked.value;
    if (sourceId === undefined) return { problems: [{ path: 'source_id', message: 'must be given' }] };
    const customer = { ...told, sourceId, ...(birthday !== undefined && told.birthdate === undefined && { birthdate: birthday }) };
    const row: CustomerRow = { line, customer };
    return { row };
  };
};

/** New metadata of vouchers. */
export const voucherMetadataCheck = async (db: Db, project: Project): Promise<Check> => {
  const check = createChecker(voucherMetadataRow, await metadataCheck(db, project.id, 'voucher', true), (told) => told);
  return (body, line) => {
    const checked = check(body);
    if (!('value' in checked)) return checked;
    const row: VoucherMetadataRow = { line, ...checked.value };
    return { row };
  };
};
