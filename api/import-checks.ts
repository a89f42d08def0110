import type { z } from 'zod';
import type { CustomerRow } from '../activities/bulk/import-customers.ts';
import type { VoucherRow } from '../activities/bulk/import-vouchers.ts';
import type { Campaign } from '../db/campaigns.ts';
import type { Db } from '../db/client.ts';
import { readMetadataSchemas } from '../db/metadata-schemas.ts';
import type { Project } from '../db/projects.ts';
import { draftOfCampaign } from '../db/voucher-creation.ts';
import { codeKey } from '../domain/code-pattern.ts';
import type { FieldProblem } from '../domain/errors.ts';
import { metadataProblems, type MetadataObject } from '../domain/metadata-schema.ts';
import { fieldProblems } from './field-problems.ts';
import type { CheckedRow } from './imports.ts';
import { customerInput } from './schemas/customer.ts';
import { campaignVoucherRow } from './schemas/import.ts';
import { createVoucherBody } from './schemas/voucher.ts';
import { ownOf } from './voucher-of-campaign.ts';
import { draftOfBody } from './voucher-draft.ts';

type Check = (body: unknown, line: number) => CheckedRow;

/** Of every field, what is wrong with it first. */
const problemsOf = (issues: z.core.$ZodIssue[]): FieldProblem[] => {
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

export const checked = <T extends { metadata?: Record<string, unknown> | null }>(
  schema: z.ZodType<T>,
  body: unknown,
  metadata: (value: T['metadata']) => FieldProblem[],
  more: (value: T) => CheckedRow,
): CheckedRow => {
  const result = schema.safeParse(body);
  if (!result.success) return { problems: problemsOf(result.error.issues) };
  const problems = metadata(result.data.metadata);
  return problems.length > 0 ? { problems } : more(result.data);
};

/** Vouchers of their own. */
export const voucherCheck = async (db: Db, project: Project): Promise<Check> => {
  const metadata = await metadataCheck(db, project.id, 'voucher', false);
  return (body, line) =>
    checked(createVoucherBody, body, metadata, (data) => {
      const { code } = data;
      if (code === undefined) return { problems: [{ path: 'code', message: 'must be given' }] };
      if (data.validation_rules?.length)
        return { problems: [{ path: 'validation_rules', message: 'are not assigned by an import: assign them to the voucher once it is there' }] };
      const row: VoucherRow = {
        line,
        voucher: { ...draftOfBody(project.id, data), code, codeKey: codeKey(code, project.caseSensitiveCodes) },
      };
      return { row };
    });
};

/** Vouchers of a campaign, which says what they are. */
export const campaignVoucherCheck = async (db: Db, project: Project, campaign: Campaign): Promise<Check> => {
  const metadata = await metadataCheck(db, project.id, 'voucher', false);
  return (body, line) =>
    checked(campaignVoucherRow, body, metadata, ({ code, ...data }) => {
      const draft = draftOfCampaign(campaign, ownOf(data));
      const row: VoucherRow = { line, voucher: { ...draft, code, codeKey: codeKey(code, project.caseSensitiveCodes) } };
      return { row };
    });
};

export const customerCheck = async (db: Db, project: Project): Promise<Check> => {
  const metadata = await metadataCheck(db, project.id, 'customer', true);
  return (body, line) =>
    checked(customerInput, body, metadata, ({ id: _id, source_id: sourceId, birthday, ...told }) => {
      if (sourceId === undefined) return { problems: [{ path: 'source_id', message: 'must be given' }] };
      const customer = { ...told, sourceId, ...(birthday !== undefined && told.birthdate === undefined && { birthdate: birthday }) };
      const row: CustomerRow = { line, customer };
      return { row };
    });
};
