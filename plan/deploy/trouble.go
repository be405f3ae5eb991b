package deploy

// trouble is why nothing moves, as far as one plan has found out.
type trouble struct {
	code, sentence string // the first that was found; "" for none
	over           bool   // what was the matter before is so no more
}

// stuck says why nothing moves, once while it is so, and that other nouns
// could change that.
func (p *planning) stuck(code, sentence string) { p.waits(CodeStuck, code, sentence) }

// waits says why nothing moves, once while it is so. Of several troubles of
// one plan only the first is said: what is said must not change while nothing
// else does.
func (p *planning) waits(reason, code, sentence string) {
	p.out.Because(p.primary.Key(), reason, sentence)
	if p.trouble.code == "" {
		p.trouble.code, p.trouble.sentence = code, sentence
	}
}

// unstuck forgets why nothing moved, unless this plan finds it stuck again.
func (p *planning) unstuck() { p.trouble.over = true }

// sayTrouble says what keeps the service from moving if it was not said yet.
func (p *planning) sayTrouble() {
	st := &p.primary.Status
	switch t := p.trouble; {
	case t.code != "" && st.LastStuck != t.code:
		st.LastStuck = t.code
		p.say("%s", t.sentence)
	case t.code == "" && t.over && st.LastStuck != stuckFailing:
		st.LastStuck = ""
	}
	p.trouble = trouble{}
}
