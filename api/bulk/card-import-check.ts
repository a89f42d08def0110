import { z } from 'zod';
import type { CardRow } from '../../activities/bulk/import-loyalty-cards.ts';
import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Db } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { draftOfCampaign } from '../../db/voucher/creation.ts';
import type { FieldProblem } from '../../domain/errors.ts';
import { codeOf, createChecker, metadataCheck, problemsOf, sharedBy, type Check } from './import-checks.ts';
import { customerInput } from '../schemas/customer.ts';
import { endsAfterItStarts, time } from '../schemas/fields.ts';
import { campaignVoucherWithCodeBody } from '../schemas/voucher.ts';
import { ownOf } from '../campaign/voucher-of-campaign.ts';

/** What rows say of a card that many may say alike. */
const cardRow = campaignVoucherWithCodeBody
  .extend({ type: z.literal('LOYALTY_CARD').optional(), start_date: time.nullish(), expiration_date: time.nullish() })
  .refine(endsAfterItStarts.check, endsAfterItStarts.options);

/** What each says of its own. */
const ownRow = z.object({
  loyalty_card: z.strictObject({ points: z.int().min(0).max(Number.MAX_SAFE_INTEGER) }).optional(),
  customer: customerInput.optional(),
});

type OwnRow = z.output<typeof ownRow>;

const customerOf = ({ customer }: OwnRow): CardRow['customer'] => {
  if (!customer) return null;
  const { id: _id, source_id: sourceId, birthday, ...told } = customer;
  return { ...told, sourceId: sourceId!, ...(birthday !== undefined && told.birthdate === undefined && { birthdate: birthday }) };
};

const hasNoName = (customer: unknown): boolean => typeof customer === 'object' && customer !== null && !('source_id' in customer);

/** Cards of a loyalty program, with what they have and whose they are. */
export const loyaltyCardCheck = async (db: Db, project: Project, program: Campaign): Promise<Check> => {
  const check = createChecker(cardRow, await metadataCheck(db, project.id, 'voucher', false), (body) =>
    sharedBy(
      draftOfCampaign(program, {
        ...ownOf(body),
        ...(body.start_date && { startDate: body.start_date }),
        ...(body.expiration_date && { expirationDate: body.expiration_date }),
      }),
    ),
  );
  const ofCustomer = await metadataCheck(db, project.id, 'customer', true);
  return (body, line) => {
    const { code, problems: ofCode, rest } = codeOf(body);
    const { loyalty_card, customer, ...shared } = rest as Record<string, unknown>;
    const checked = check(shared);
    const own = ownRow.safeParse({ loyalty_card, customer });
    const problems: FieldProblem[] = [
      ...ofCode,
      ...('problems' in checked ? checked.problems : []),
      ...(hasNoName(customer) ? [{ path: 'customer.source_id', message: 'must be given: it says whose the card is' }] : []),
      ...(own.success ? ofCustomer(own.data.customer?.metadata) : problemsOf(own.error.issues)),
    ];
    if (problems.length > 0 || code === null || !own.success || !('value' in checked)) return { problems };
    const row: CardRow = {
      line,
      code,
      shared: checked.value,
      points: own.data.loyalty_card?.points ?? null,
      customer: customerOf(own.data),
    };
    return { row };
  };
};
