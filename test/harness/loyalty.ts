import { createCampaign } from '../../db/campaign/campaigns.ts';
import type { Sql } from '../../db/client.ts';
import type { LoyaltyCardTemplate } from '../../domain/loyalty/card.ts';
import type { Reply } from './api.ts';
import type { TestProject } from './project.ts';

type Send = (method: string, path: string, body?: unknown) => Promise<Reply>;

/** A loyalty program. @returns its id */
export const createProgram = (sql: Sql, { project }: TestProject, name: string, card: LoyaltyCardTemplate): Promise<string> =>
  sql.begin(async (tx) => {
    const made = await createCampaign(
      tx,
      {
        projectId: project.id,
        name,
        campaignType: 'LOYALTY_PROGRAM',
        type: 'AUTO_UPDATE',
        template: { type: 'LOYALTY_CARD', loyalty_card: card, redemption: { quantity: null } },
        startDate: null,
        expirationDate: null,
        active: true,
        category: null,
        description: null,
        metadata: {},
      },
      new Date(),
    );
    return made!.id;
  });

/** Makes a customer a member of a program. @returns the code of their card */
export const join = async (send: Send, program: string, customer: string): Promise<string> => {
  const { body } = await send('POST', '/v1/publications', { campaign: { name: program }, customer: { source_id: customer } });
  return body.voucher.code as string;
};
