// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Text that goes into one header line: line breaks and other control characters, with which a name could add headers, are spaces. */
export const headerText = (text: string): string => text.replace(CONTROLS, ' ').replace(/\s+/g, ' ').trim();

const ADDRESS =
  /^[^\s"(),:;<>@[\\\]\p{C}]{1,64}@(?=.{1,253}$)[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)*$/u;

/** Whether it is one plain address, with nothing in it that a header or an SMTP command could take for more than that. */
export const isMailAddress = (text: string): boolean => ADDRESS.test(text);
