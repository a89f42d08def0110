// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Text that goes into one header line: line breaks and other control characters, with which a name could add headers, are spaces. */
export const headerText = (text: string): string => text.replace(CONTROLS, ' ').replace(/\s+/g, ' ').trim();

const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]*[\\p{L}\\p{N}])?';
const ADDRESS = new RegExp(`^[\\w!#$%&'*+/=?^\`{|}~.-]{1,64}@(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`, 'u');

/**
 * Whether it is one plain address, with nothing in it that a header or an SMTP command could take for more than that. Before the @ it
 * is ASCII, since few servers take more.
 */
export const isMailAddress = (text: string): boolean => ADDRESS.test(text);
