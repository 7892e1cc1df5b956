package main

import "testing"

func TestHas(t *testing.T) {
	scope := NewScope("kube-system,default", "platform.tkestack.io/clusters", "global")
	for key, wanted := range map[string]bool{
		"/registry/configmaps/acme/settings":                   true,
		"/registry/configmaps/kube-system/settings":            false,
		"/registry/namespaces/acme":                            true,
		"/registry/namespaces/default":                         false,
		"/registry/services/specs/acme/web":                    true,
		"/registry/services/endpoints/acme/web":                false,
		"/registry/pods/acme/web":                              false,
		"/registry/minions/10.0.0.1":                           false,
		"/registry/clusterroles/admin":                         false,
		"/registry/platform.tkestack.io/clusters/production":   true,
		"/registry/platform.tkestack.io/clusters/global":       false,
		"/registry/operator.alauda.io/appreleases/acme/web":    true,
		"/registry/operator.alauda.io/appreleases/default/web": false,
		"/registry/apiregistration.k8s.io/apiservices/v1.":     false,
		"/registry/health":                                     false,
		"compact_rev_key":                                      false,
	} {
		if scope.Has(key) != wanted {
			t.Errorf("%s: %v", key, !wanted)
		}
	}
}
