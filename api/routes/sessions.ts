import { releaseSession } from '../../db/checkout/session-locks.ts';
import { findVoucher } from '../../db/voucher/vouchers.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { name } from '../schemas/fields.ts';
import { voucherParams } from '../schemas/voucher.ts';

export interface SessionRoutesDeps {
  now: () => Date;
}

export const createSessionRoutes = ({ now }: SessionRoutesDeps): Route[] => [
  route({
    method: 'delete',
    path: '/v1/vouchers/{code}/sessions/{key}',
    tag: 'Validations',
    summary: 'Release what a session holds of a voucher',
    scope: 'vouchers:write',
    params: voucherParams.extend({ key: name }),
    responses: { 204: { description: 'Released' }, 404: { description: 'There is no such voucher, or the session holds nothing of it' } },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        const voucher = await findVoucher(tx, project, params.code);
        if (!voucher) throw notFound('voucher', params.code);
        const held = await releaseSession(tx, project.id, { redeemableId: voucher.id, sessionKey: params.key }, now());
        if (!held) throw notFound('session', params.key);
        return { status: 204 };
      }),
  }),
];
