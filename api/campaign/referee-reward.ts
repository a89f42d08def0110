import { findCampaign } from '../../db/campaign/campaigns.ts';
import type { Db } from '../../db/client.ts';
import { type DomainError, invalidPayload } from '../../domain/errors.ts';
import type { RefereeReward } from '../../domain/voucher/template.ts';
import type { RefereeRewardInput } from '../schemas/referral-program.ts';

const PATH = 'referral_program.referee_reward';

const refuse = (path: string, message: string): DomainError => invalidPayload([{ path: `${PATH}.${path}`, message }]);

/**
 * What a referral program gives to whom it brings, with the campaign that it names.
 * @throws DomainError invalid_payload, where there is no such campaign, or its vouchers are of another type
 */
export const refereeRewardOf = async (
  db: Db,
  projectId: string,
  { related_object_parent: { id, name }, amount, type }: RefereeRewardInput,
): Promise<RefereeReward> => {
  const named = (id ?? name)!;
  const found = await findCampaign(db, projectId, named);
  if (!found || (id !== undefined && found.id !== id) || (id === undefined && found.name !== name))
    throw refuse(`related_object_parent.${id === undefined ? 'name' : 'id'}`, `names the campaign ${named}, which does not exist`);
  if (name !== undefined && found.name !== name)
    throw refuse('related_object_parent.name', `must be the name of the campaign ${found.id}, which is ${found.name}; or be left out`);
  if (found.template.type !== type)
    throw refuse('type', `must be what the vouchers of the campaign ${found.name} are, and they are ${found.template.type}`);
  return { related_object_parent: { id: found.id, name: found.name, object: 'CAMPAIGN' }, amount, type };
};
