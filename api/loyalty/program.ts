import { findCampaign, lockCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import type { Db, Tx } from '../../db/client.ts';
import { notFound } from '../http/errors.ts';

const requireProgram = (campaign: Campaign | null, idOrName: string): Campaign => {
  if (campaign?.campaignType !== 'LOYALTY_PROGRAM') throw notFound('loyalty program', idOrName);
  return campaign;
};

/** @throws DomainError not_found, also for a campaign of another type */
export const findLoyaltyProgram = async (db: Db, projectId: string, idOrName: string): Promise<Campaign> =>
  requireProgram(await findCampaign(db, projectId, idOrName), idOrName);

/** Locks it for a change of what it has. @throws DomainError not_found, also for a campaign of another type */
export const lockLoyaltyProgram = async (tx: Tx, projectId: string, idOrName: string): Promise<Campaign> =>
  requireProgram(await lockCampaign(tx, projectId, idOrName), idOrName);
