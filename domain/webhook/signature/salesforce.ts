import { z } from 'zod';
import { readOutboundMessage } from '../../mapping/salesforce-message.ts';
import { bodyId, sameText } from './checks.ts';
import { hexSecret, provider } from './provider.ts';

/** What Salesforce wants to read, or it sends all notifications of the post again. */
const ACK =
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>' +
  '</soapenv:Body></soapenv:Envelope>';

/** Salesforce's ids have 15 characters, and 3 more that check them. */
const sameOrganization = (a: string, b: string): boolean => sameText(a.slice(0, 15), b.slice(0, 15));

/**
 * Salesforce's outbound messages (SOAP). Salesforce signs nothing, so the secret is a part of the address, and the organization's id must be
 * the one that is expected. Up to 100 notifications come at once, each with an id of its own.
 */
export const salesforce = provider({
  name: 'salesforce',
  title: 'Salesforce (outbound messages)',
  setup:
    'Create an outbound message with the source’s address, which holds the secret: take it as the answer shows it, with ?key=… Leave “Send Session ID” off. settings.organization_id stands under Company Information.',
  settings: z.strictObject({
    organization_id: z
      .string()
      .regex(/^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$/, 'is an organization’s id, such as 00D000000000062EAA')
      .meta({ description: 'Whose messages are taken' }),
  }),
  secretProblem: (secret) =>
    /^[\w~.-]{16,200}$/.test(secret) ? null : 'has 16 to 200 letters, digits and - . _ ~, since it is a part of the address',
  newSecret: hexSecret,
  secretInUrl: true,
  payload: (body) => {
    const message = readOutboundMessage(body);
    if ('problem' in message) throw new Error(message.problem);
    return message;
  },
  acknowledgement: { contentType: 'text/xml; charset=utf-8', text: ACK },
  verify: ({ url, body }, secrets, { organization_id: expected }) => {
    const key = URL.canParse(url) ? new URL(url).searchParams.get('key') : null;
    if (key === null) return { genuine: false, reason: 'the address has no ?key=…' };
    if (!secrets.some((secret) => sameText(key, secret)))
      return { genuine: false, reason: 'the key in the address is not the source’s secret' };
    const message = readOutboundMessage(body);
    if ('problem' in message) return { genuine: false, reason: message.problem };
    if (!sameOrganization(message.organizationId, expected))
      return { genuine: false, reason: `the organization ${message.organizationId} is not ${expected}` };
    return { genuine: true, eventId: bodyId(body) };
  },
});
