import { describe, expect, test } from 'vitest';
import { payloadOf, providerNamed } from '../../../../../domain/webhook/signature/registry.ts';
import { postOf } from '../../../../harness/signed-posts.ts';

const KEY = 'key-of-sixteen-or-more';
const ORGANIZATION = '00D000000000062EAA';

const notification = (id: string, fields: string): string =>
  `<Notification><Id>${id}</Id><sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${fields}</sObject></Notification>`;
const message = (inner: string, organization = ORGANIZATION): string => `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${organization}</OrganizationId>
   <ActionId>04k000000000001AAA</ActionId>
   <SessionId>00D000000000062!AQ0AQ secret</SessionId>
   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/60.0/00D000000000062</EnterpriseUrl>
   ${inner}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`;
const one = message(
  notification('04l1', '<sf:Id>003A</sf:Id><sf:Email>ada&amp;co@example.com</sf:Email><sf:Phone xsi:nil="true"/><sf:Zip>01234</sf:Zip>'),
);

const verify = (
  body: string,
  url = `https://coupons.example.com/hooks/src_1?key=${KEY}`,
  organization_id = ORGANIZATION,
  secrets = [KEY],
) => providerNamed('salesforce').verify(postOf(body, {}, url), secrets, { organization_id }, 0);

describe('an outbound message of Salesforce', () => {
  test('is genuine by the key in its address and its organization, in 15 or 18 characters', () => {
    expect(verify(one)).toMatchObject({ genuine: true });
    expect(verify(one, undefined, '00D000000000062')).toMatchObject({ genuine: true });
    expect(verify(one, undefined, '00D000000000063EAA').genuine).toBe(false);
    for (const url of [
      'https://coupons.example.com/hooks/src_1',
      `https://coupons.example.com/hooks/src_1?key=${KEY}x`,
      'https://coupons.example.com/hooks/src_1?key=',
    ])
      expect(verify(one, url).genuine).toBe(false);
  });

  test('is read with its types and without its session, which would open the organization', () => {
    expect(payloadOf('salesforce', Buffer.from(one))).toEqual({
      organizationId: ORGANIZATION,
      actionId: '04k000000000001AAA',
      notifications: [{ id: '04l1', type: 'Contact', fields: { Id: '003A', Email: 'ada&co@example.com', Phone: null, Zip: '01234' } }],
    });
  });

  test('has up to a hundred notifications, in their order', () => {
    const many = (count: number) =>
      message(Array.from({ length: count }, (_, index) => notification(`04l${index}`, `<sf:Id>003${index}</sf:Id>`)).join(''));
    const { notifications } = payloadOf('salesforce', Buffer.from(many(100))) as { notifications: { id: string }[] };
    expect(notifications.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `04l${index}`));
    expect(verify(many(101)).genuine).toBe(false);
    expect(verify(many(0)).genuine).toBe(false);
  });

  test.each([
    '',
    '{"a":1}',
    '<a>',
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    message('<Notification><Id>04l1</Id></Notification>'),
    one.replace('</soapenv:Envelope>', ''),
    '<soapenv:Envelope/>',
  ])('is refused where it is none: %#', (body) => {
    expect(verify(body).genuine).toBe(false);
  });

  test('is answered with the Ack that Salesforce waits for', () => {
    const { contentType, text } = providerNamed('salesforce').acknowledgement ?? { contentType: '', text: '' };
    expect(contentType).toContain('text/xml');
    expect(text).toContain(
      '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>',
    );
  });
});
