// The Kubernetes API server as its authors publish it: what cmd/kube-apiserver of k8s.io/kubernetes does.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
