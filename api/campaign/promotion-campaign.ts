import { findCampaign, lockCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import type { Db, Tx } from '../../db/client.ts';
import { notFound } from '../http/errors.ts';

const requirePromotion = (campaign: Campaign | null, idOrName: string): Campaign => {
  if (campaign?.campaignType !== 'PROMOTION') throw notFound('promotion campaign', idOrName);
  return campaign;
};

/** @throws DomainError not_found, also for a campaign of another type */
export const findPromotion = async (db: Db, projectId: string, idOrName: string): Promise<Campaign> =>
  requirePromotion(await findCampaign(db, projectId, idOrName), idOrName);

/** Locks it for a change of what it has. @throws DomainError not_found, also for a campaign of another type */
export const lockPromotion = async (tx: Tx, projectId: string, idOrName: string): Promise<Campaign> =>
  requirePromotion(await lockCampaign(tx, projectId, idOrName), idOrName);
