package store

import (
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/model"
)

// ActiveDefinition returns the ACTIVE task definition that name, which is
// family or family:revision, names: the newest of the family where it names no
// revision.
func ActiveDefinition(v View, account, name string) (*model.TaskDefinition, bool) {
	family, number, exact := strings.Cut(name, ":")
	if exact {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || strconv.Itoa(n) != number { // a revision has one name
			return nil, false
		}
		t, ok := Get[*model.TaskDefinition](v, model.TaskDefinitionID(account, family, n))
		return t, ok && t.Status == model.TaskDefinitionActive
	}
	var newest *model.TaskDefinition
	for t := range Prefix[*model.TaskDefinition](v, model.FamilyID(account, family)+"/") {
		if t.Status == model.TaskDefinitionActive {
			newest = t
		}
	}
	return newest, newest != nil
}
