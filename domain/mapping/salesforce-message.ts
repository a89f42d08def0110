import { XMLParser } from 'fast-xml-parser';

interface Notification {
  id: string;
  /** The type of the record, such as `Contact`. */
  type: string;
  /** The record's fields by name; a field that comes twice is a list. */
  fields: Record<string, unknown>;
}

/** An outbound message of Salesforce as plain values. */
export interface OutboundMessage {
  organizationId: string;
  actionId: string;
  notifications: Notification[];
}

const MOST_NOTIFICATIONS = 100;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const inside = (value: unknown, ...names: string[]): unknown =>
  names.reduce<unknown>((node, name) => (isNode(node) ? node[name] : undefined), value);

const asList = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** A field's text; null for xsi:nil, and the inner fields of a record within. */
const valueOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(valueOf);
  if (!isNode(value)) return value;
  if (value['@nil'] === 'true') return null;
  const fields = Object.entries(value).filter(([name]) => !name.startsWith('@') && name !== '#');
  return fields.length === 0 ? (value['#'] ?? '') : Object.fromEntries(fields.map(([name, each]) => [name, valueOf(each)]));
};

const notificationOf = (value: unknown): Notification | null => {
  const [id, record] = [inside(value, 'Id'), inside(value, 'sObject')];
  if (typeof id !== 'string' || !isNode(record)) return null;
  const type = record['@type'];
  return { id, type: typeof type === 'string' ? type.replace(/^.*:/, '') : '', fields: valueOf(record) as Record<string, unknown> };
};

/** Reads SOAP. The session's id, which would open the organization to whoever reads it, is left out. */
export const readOutboundMessage = (body: Uint8Array): OutboundMessage | { problem: string } => {
  const text = Buffer.from(body).toString('utf8');
  // Nothing that Salesforce sends has one, and what entities can be made to do is a long story.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return { problem: 'the body has a document type, which no outbound message has' };
  let parsed: unknown;
  try {
    parsed = parser.parse(text, true);
  } catch {
    return { problem: 'the body is not XML' };
  }
  const root = inside(parsed, 'Envelope', 'Body', 'notifications');
  const [organizationId, actionId] = [inside(root, 'OrganizationId'), inside(root, 'ActionId')];
  if (typeof organizationId !== 'string') return { problem: 'the body is no outbound message: it has no OrganizationId' };
  const notifications = asList(inside(root, 'Notification')).map(notificationOf);
  if (notifications.length === 0 || notifications.length > MOST_NOTIFICATIONS)
    return { problem: `the message has ${notifications.length} notifications instead of 1 to ${MOST_NOTIFICATIONS}` };
  if (notifications.includes(null)) return { problem: 'a notification has no Id or no sObject' };
  return { organizationId, actionId: typeof actionId === 'string' ? actionId : '', notifications: notifications as Notification[] };
};
