// The account's accent colour, moved just far enough to be read: WCAG contrast of 4.5:1 against what lies around it.

type Rgb = [number, number, number];

const kWhite: Rgb = [255, 255, 255];
const kInk: Rgb = [10, 17, 31]; // on-accent of the dark look
const kDarkSurface: Rgb = [33, 36, 43]; // "raised" of the dark look, the lightest surface the accent stands on
const kFallback: Rgb = [31, 83, 184];

export function parseColour(text: string): Rgb {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text.trim());
  const hex = short ? short.slice(1).map((digit) => digit + digit).join('') : /^#([0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!hex) return kFallback;
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Rgb;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((part, at) => Math.round(part + (to[at]! - part) * share)) as Rgb;
}

function toward(colour: Rgb, to: Rgb, good: (candidate: Rgb) => boolean): Rgb {
  for (let step = 0; step <= 50; step++) {
    const candidate = mix(colour, to, step / 50);
    if (good(candidate)) return candidate;
  }
  return to;
}

const css = (colour: Rgb) => '#' + colour.map((part) => part.toString(16).padStart(2, '0')).join('');

/** The accent and the text on it, for the light and the dark look. */
export function readableAccent(text: string): { light: string; dark: string; onLight: string; onDark: string } {
  const accent = parseColour(text);
  const light = toward(accent, [0, 0, 0], (colour) => contrast(colour, kWhite) >= 4.6);
  const dark = toward(accent, kWhite, (colour) => contrast(colour, kDarkSurface) >= 4.6 && contrast(colour, kInk) >= 4.6);
  return { light: css(light), dark: css(dark), onLight: '#ffffff', onDark: css(kInk) };
}
