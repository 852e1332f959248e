// The look of the button and the frame's place, for the constructed sheet of the shadow root: no style of the site reaches
// in, and no style policy of the site is in the way.
export const kSheet = `
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483000!important;
  bottom:max(20px,env(safe-area-inset-bottom))!important;right:20px!important;width:56px!important;height:56px!important}
:host([data-position=left]){right:auto!important;left:20px!important}
button{all:unset;box-sizing:border-box;display:grid;place-items:center;width:56px;height:56px;border-radius:50%;cursor:pointer;
  background:light-dark(var(--light),var(--dark));color:light-dark(#fff,#0a111f);box-shadow:0 1px 3px rgb(0 0 0/.2),0 6px 20px rgb(0 0 0/.22);
  transition:transform .15s;-webkit-tap-highlight-color:transparent}
button:hover{transform:scale(1.05)}
button:focus-visible{outline:3px solid #1b1f29;outline-offset:3px;box-shadow:0 0 0 3px #fff}
svg{grid-area:1/1;width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;
  transition:opacity .15s,transform .15s}
.down,:host([data-open]) .chat{opacity:0;transform:scale(.6)}
:host([data-open]) .down{opacity:1;transform:none}
span{position:absolute;top:-4px;right:-4px;box-sizing:border-box;min-width:22px;height:22px;padding:0 6px;border-radius:11px;
  border:2px solid #fff;background:#b7191c;color:#fff;font:600 12px/18px system-ui,sans-serif;text-align:center;
  font-variant-numeric:tabular-nums}
span:empty,:host([data-open]) span{display:none}
iframe{position:fixed;bottom:calc(max(20px,env(safe-area-inset-bottom)) + 68px);right:20px;width:380px;
  height:min(640px,100dvh - 108px);border:0;border-radius:12px;background:Canvas;color-scheme:normal;
  box-shadow:0 0 0 1px rgb(0 0 0/.06),0 12px 40px rgb(0 0 0/.26);
  visibility:hidden;opacity:0;transform:translateY(8px);transition:opacity .15s,transform .15s,visibility 0s .15s}
:host([data-position=left]) iframe{right:auto;left:20px}
iframe.open{visibility:visible;opacity:1;transform:none;transition:opacity .15s,transform .15s}
@media (max-width:479.98px){
  iframe{inset:0!important;width:100%;height:100dvh;border-radius:0}
  :host([data-open]) button{visibility:hidden}
}
@media (forced-colors:active){iframe{border:1px solid CanvasText}button{border:2px solid ButtonText}span{border-color:ButtonText}}
@media (prefers-reduced-motion:reduce){button,svg,iframe,iframe.open{transition:none}button:hover{transform:none}}
@media print{:host{display:none!important}}
`.replace(/\n\s*/g, '');
