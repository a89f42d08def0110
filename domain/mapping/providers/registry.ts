import { standardMapping, type MappingDefinition } from '../definition.ts';
import { customerIoMapping } from './customer-io.ts';
import { githubMapping } from './github.ts';
import { hubspotMapping } from './hubspot.ts';
import { klaviyoMapping } from './klaviyo.ts';
import { mailgunMapping } from './mailgun.ts';
import { marketingCloudMapping } from './marketing-cloud.ts';
import { postmarkMapping } from './postmark.ts';
import { salesforceMapping } from './salesforce.ts';
import { segmentMapping } from './segment.ts';
import { sendgridMapping } from './sendgrid.ts';
import { shopifyMapping } from './shopify.ts';
import { snsMapping } from './sns.ts';
import { stripeMapping } from './stripe.ts';

/** By the provider's name; who is not here posts in the shape that Standard Webhooks recommends. */
const mappings: Record<string, MappingDefinition> = {
  hubspot: hubspotMapping,
  shopify: shopifyMapping,
  segment: segmentMapping,
  klaviyo: klaviyoMapping,
  'customer.io': customerIoMapping,
  stripe: stripeMapping,
  github: githubMapping,
  salesforce: salesforceMapping,
  'salesforce-marketing-cloud': marketingCloudMapping,
  sendgrid: sendgridMapping,
  mailgun: mailgunMapping,
  postmark: postmarkMapping,
  'aws-sns': snsMapping,
};

/** The mapping that a source of this provider has unless it brings its own. */
export const readyMappingOf = (provider: string): MappingDefinition => mappings[provider] ?? standardMapping;
