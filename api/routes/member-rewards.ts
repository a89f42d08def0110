import type { Checkout } from '../../activities/checkout/checkout.ts';
import type { Sql } from '../../db/client.ts';
import { stackingRulesOf } from '../../db/promotion/stacking-rules.ts';
import { answerOf } from '../checkout/answer.ts';
import { questionOf } from '../checkout/request.ts';
import { findMember } from '../loyalty/member.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { memberOfProgramParams, memberParams } from '../schemas/loyalty.ts';
import { redeemRewardBody, type RedeemRewardBody } from '../schemas/member-reward.ts';
import { redemptionSchema } from '../schemas/redemption.ts';

export interface MemberRewardRoutesDeps {
  sql: Sql;
  checkout: Pick<Checkout, 'redeem'>;
}

const tag = 'Loyalty programs';
const responses = {
  200: { description: 'The redemption, with what the reward came to', schema: redemptionSchema },
  400: { description: 'Why it is refused; nothing was redeemed' },
  404: { description: 'There is no such loyalty program or member' },
};

export const createMemberRewardRoutes = ({ sql, checkout }: MemberRewardRoutesDeps): Route[] => {
  const redeem = async (context: RequestContext<{ member: string; campaign?: string }, unknown, RedeemRewardBody>): Promise<Answer> => {
    const { project, params, body } = context;
    const { code, holderId } = await findMember(sql, project, params);
    const holder = holderId === null ? null : { id: holderId };
    const asked = { object: 'voucher' as const, id: code, reward: body.reward };
    const question = questionOf(
      context,
      { ...body, customer: null, session: null },
      [asked],
      stackingRulesOf(project.stackingRules),
      'voucher',
      [],
    );
    const once = { idempotencyKey: context.idempotencyKey, requestHash: context.requestHash.toString('base64') };
    return answerOf(await checkout.redeem({ ...question, customer: holder, ...once }));
  };

  return [
    route({
      method: 'post',
      path: '/v1/loyalties/{campaign}/members/{member}/redemption',
      tag,
      summary: 'Redeem a reward for the points of a member',
      description: 'A code of a campaign, a product, or money off the order. `POST /v1/redemptions` does the same beside other codes.',
      scope: 'redemptions:write',
      params: memberOfProgramParams,
      body: redeemRewardBody,
      responses,
      handler: redeem,
    }),
    route({
      method: 'post',
      path: '/v1/loyalties/members/{member}/redemption',
      tag,
      summary: 'Redeem a reward for the points of a member, whose program is known by the card',
      scope: 'redemptions:write',
      params: memberParams,
      body: redeemRewardBody,
      responses,
      handler: redeem,
    }),
  ];
};
