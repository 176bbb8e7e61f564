/**
 * Event handler content attributes of HTML, SVG and their relatives, without the leading `on`.
 *
 * Source: HTML, section 8.1.8.2; UI Events; Pointer Events; CSS Animations and Transitions; SVG 2, section 15; media events.
 */
export const eventNames: ReadonlySet<string> = new Set(
  `abort activate afterprint afterscriptexecute animationcancel animationend animationiteration animationstart auxclick
  beforecopy beforecut beforeinput beforematch beforepaste beforeprint beforescriptexecute beforetoggle beforeunload begin
  blur bounce cancel canplay canplaythrough change click close contentvisibilityautostatechange contextmenu copy cuechange
  cut dblclick drag dragend dragenter dragexit dragleave dragover dragstart drop durationchange end ended error finish focus
  focusin focusout formdata fullscreenchange gotpointercapture hashchange input invalid keydown keypress keyup load
  loadeddata loadedmetadata loadend loadstart lostpointercapture message mousedown mouseenter mouseleave mousemove mouseout
  mouseover mouseup mousewheel offline online pagehide pageshow paste pause play playing pointercancel pointerdown
  pointerenter pointerleave pointermove pointerout pointerover pointerrawupdate pointerup popstate progress propertychange
  ratechange readystatechange repeat reset resize scroll scrollend scrollsnapchange search securitypolicyviolation seeked
  seeking select selectionchange selectstart show slotchange stalled start storage submit suspend timeupdate toggle
  touchcancel touchend touchmove touchstart transitioncancel transitionend transitionrun transitionstart unhandledrejection
  unload volumechange waiting webkitanimationend webkitanimationiteration webkitanimationstart webkittransitionend wheel
  zoom`
    .split(/\s+/)
    .filter((name) => name !== ''),
);
