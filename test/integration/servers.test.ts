import { createTransport } from 'nodemailer';
import { expect, test } from 'vitest';
import { createDatabase } from '../harness/database.ts';
import { smtpUrl, waitForMail } from '../harness/mailbox.ts';
import { connectTemporal } from '../harness/temporal.ts';

test('a test file gets a migrated database of its own, and drops it', async () => {
  const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
  await one.sql`insert into project (id, app_id, name, mode) values ('proj_1', 'app_1', 'Sandbox', 'sandbox')`;
  expect(await one.sql`select name from project`).toMatchObject([{ name: 'Sandbox' }]);
  expect(await other.sql`select name from project`).toHaveLength(0);
  await Promise.all([one.drop(), other.drop()]);
});

test('databases are UTF-8, whatever the locale of the machine', async () => {
  const database = await createDatabase();
  expect(await database.sql`show server_encoding`).toMatchObject([{ serverEncoding: 'UTF8' }]);
  await database.drop();
});

test('Temporal answers, knows the namespace, and allows fair turns', async () => {
  const temporal = await connectTemporal();
  const { namespaceInfo } = await temporal.connection.workflowService.describeNamespace({ namespace: temporal.namespace });
  expect(namespaceInfo?.name).toBe('default');
  await temporal.close();
});

test('the mailbox takes a mail over SMTP and shows it', async () => {
  const transport = createTransport(smtpUrl());
  await transport.sendMail({ from: 'shop@example.com', to: 'anna.servers@example.com', subject: 'Grüße', text: 'Willkommen' });
  expect(await waitForMail('anna.servers@example.com')).toMatchObject({ subject: 'Grüße' });
});
