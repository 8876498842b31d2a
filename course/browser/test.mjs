// What a reader's browser must find. Run after `cargo course build`; without a Chromium every test is skipped, and says so.
// One process, so that one Chromium serves all.
import "./every-page.mjs";
import "./reading.mjs";
import "./aids.mjs";
