import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whom a link unsubscribes, and from what. The mail it stood in says which address. */
export interface Unsubscription {
  projectId: string;
  customerId: string;
  topic: string;
  deliveryId: string;
}

const MAC_BYTES = 16;

const mac = (key: Buffer, body: string): Buffer =>
  createHmac('sha256', key).update('unsubscribe\n').update(body).digest().subarray(0, MAC_BYTES);

/** A token for a link that needs no login: it names no address, and only who has the key can make one. It does not expire, as the mail it stands in does not. */
export const signUnsubscription = (key: Buffer, { projectId, customerId, topic, deliveryId }: Unsubscription): string => {
  const body = Buffer.from(JSON.stringify([projectId, customerId, topic, deliveryId])).toString('base64url');
  return `${body}.${mac(key, body).toString('base64url')}`;
};

/** @returns null where the token was not made with this key */
export const readUnsubscription = (key: Buffer, token: string): Unsubscription | null => {
  const [body, signature, ...rest] = token.split('.');
  if (!body || !signature || rest.length > 0) return null;
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== MAC_BYTES || !timingSafeEqual(given, mac(key, body))) return null;
  const [projectId, customerId, topic, deliveryId] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [
    string,
    string,
    string,
    string,
  ];
  return { projectId, customerId, topic, deliveryId };
};
